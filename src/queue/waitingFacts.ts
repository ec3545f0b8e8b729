/** Reads what `waiting.ts` decides on: two or three calls, however long the queue is. */
import { parseTask } from '../tasks/task';
import { pausedAfter } from './limits';
import type { Queue } from './queue';
import { asNumber, asString, asTruth, parseObject } from './reply';
import type { EndingTask, Ends } from './roomLater';
import { runScript, scripts } from './script';
import type { TaskState } from './states';
import { type Waiting, type WaitingFacts, type WorkerVerdict, whyItWaits } from './waiting';
import { type Roster, roster } from './workers';
import { type RunningTask, workerTasks } from './workerTasks';

export interface WaitingAnswer {
  state: TaskState | 'absent';
  /** Who has it, if it is in progress. */
  owner: string;
  /** Of a task that is todo. */
  waiting?: Waiting;
  /** Redis time, ms. */
  nowMs: number;
}

/** Of so many workers it is looked at what they run, and of each at so many tasks. */
const WORKERS_LOOKED_AT = 16;
const TASKS_LOOKED_AT = 200;

/** What holds a task up. Throws for a line that is no task. */
export async function whyWaiting(queue: Queue, line: string): Promise<WaitingAnswer> {
  const [found, signs] = await Promise.all([roster(queue), readSigns(queue, line)]);
  const answer = { state: signs.state, owner: signs.owner, nowMs: found.nowMs };
  if (signs.state !== 'todo') return answer;
  const facts = factsOf(line, signs, found);
  const first = whyItWaits(facts);
  const ends = await endsOf(queue, first.workers, found.nowMs, signs.meanMs);
  return { ...answer, waiting: ends.size > 0 ? whyItWaits({ ...facts, ends }) : first };
}

/** What the script answers, by other names. */
interface QueueSigns {
  state: TaskState | 'absent';
  owner: string;
  closed: boolean;
  paused: string;
  maxRunning: number;
  held: number;
  indexed: boolean;
  needGb: number;
  lineGb: number;
  cores: number;
  failedOn: string;
  triedBy: string;
  waitsMs: number;
  higher: number;
  ahead: number;
  reservedBy: string;
  reservedForIt: boolean;
  meanMs: number | undefined;
}

async function readSigns(queue: Queue, line: string): Promise<QueueSigns> {
  const signs = parseObject(asString(await runScript(queue, scripts.waiting, [line])));
  const meanMs = asNumber(signs.mean_ms);
  return {
    state: asString(signs.state) as QueueSigns['state'],
    owner: asString(signs.owner),
    closed: asTruth(signs.closed),
    paused: asString(signs.paused),
    maxRunning: asNumber(signs.max_running),
    held: asNumber(signs.held),
    indexed: asTruth(signs.indexed),
    needGb: asNumber(signs.need_gb),
    lineGb: asNumber(signs.line_gb),
    cores: asNumber(signs.cores),
    failedOn: asString(signs.failed_on),
    triedBy: asString(signs.tried_by),
    waitsMs: asNumber(signs.waits_ms),
    higher: asNumber(signs.higher),
    ahead: asNumber(signs.ahead),
    reservedBy: asString(signs.reserved_by),
    reservedForIt: asTruth(signs.reserved_for_it),
    meanMs: meanMs < 0 ? undefined : meanMs,
  };
}

function factsOf(line: string, signs: QueueSigns, { workers }: Roster): WaitingFacts {
  const { closed, paused, maxRunning, held, indexed, failedOn, waitsMs, higher, ahead } = signs;
  return {
    closed,
    paused: paused !== '',
    pausedAfterFailures: pausedAfter(paused) ?? null,
    limitReached: maxRunning >= 0 && held >= maxRunning ? maxRunning : undefined,
    indexed,
    need: { memoryGb: signs.needGb, lineGb: signs.lineGb, cores: signs.cores },
    oursAlone: line.split(':').length !== SHARED_FIELDS,
    failedOn,
    waitsMs,
    triedBy: signs.triedBy.split(',').filter(name => name !== ''),
    higher,
    ahead: ahead < 0 ? undefined : ahead,
    reservation:
      signs.reservedBy === ''
        ? undefined
        : { instance: signs.reservedBy, forIt: signs.reservedForIt },
    workers,
    ends: new Map(),
  };
}

/** A line of so many parts stands where originals look for tasks. */
const SHARED_FIELDS = 5;

/** Of workers that have no room now, those first that lack least. */
async function endsOf(
  queue: Queue,
  workers: readonly WorkerVerdict[],
  nowMs: number,
  meanMs: number | undefined,
): Promise<Map<string, Ends>> {
  const names = workers
    .filter(({ verdict }) => FULL.has(verdict))
    .sort((a, b) => (b.room.memoryGb ?? 0) - (a.room.memoryGb ?? 0))
    .slice(0, WORKERS_LOOKED_AT)
    .map(({ worker }) => worker.name);
  const asks = names.map(worker => ({ worker, running: TASKS_LOOKED_AT, buffered: 0 }));
  const held = await workerTasks(queue, asks);
  const needs = await learnedNeeds(
    queue,
    [...held.values()].flatMap(({ running }) => running.map(({ line }) => line)),
  );
  return new Map(
    [...held].map(([name, { running, runningCount }]) => [
      name,
      {
        tasks: running.map(task => ending(task, needs.get(task.line) ?? 0, nowMs, meanMs)),
        complete: runningCount === running.length,
      },
    ]),
  );
}

const FULL: ReadonlySet<string> = new Set(['busy', 'memory_in_use', 'cores_in_use']);

async function learnedNeeds(queue: Queue, lines: readonly string[]): Promise<Map<string, number>> {
  if (lines.length === 0) return new Map();
  const found = await queue.redis.hmget(queue.keys.needs, ...lines);
  return new Map(lines.map((line, i) => [line, Number.parseFloat(found[i] ?? '') || 0]));
}

function ending(
  { line, startedAt = 0 }: RunningTask,
  learnedGb: number,
  nowMs: number,
  meanMs: number | undefined,
): EndingTask {
  const parsed = parseTask(line);
  const { memoryGb = 0, cpu = 0, timeoutSeconds } = 'task' in parsed ? parsed.task : {};
  return {
    memoryGb: Math.max(memoryGb, learnedGb),
    cores: cpu,
    ranMs: Math.max(0, nowMs - startedAt),
    timeoutMs: timeoutSeconds ? timeoutSeconds * 1000 : undefined,
    meanMs,
  };
}
