import type { Queue } from './queue';
import { asArray, asNumber, asString, asTruth, inGroups, parseObject } from './reply';
import { runScript, scripts } from './script';

/** How one attempt ended, as its worker reports it. */
export interface EndedAttempt {
  line: string;
  /** Number of the call that claimed the task. */
  seq: number;
  /**
   * `returned`: not counted as an attempt, the task goes back to the head of its bucket. `memory`: the
   * same, since its host ran out of memory; it needs `peakGb` from now on, and the third time it fails.
   */
  outcome: 'finished' | 'failed' | 'returned' | 'memory';
  /** JSON of standard output when finished, of standard error when failed. */
  value: string;
  /** The attempt's record as one line of JSON, without its number. */
  record: string;
  signature: string;
  milliseconds: number;
  /** What it was seen to take when it was ended for its host's memory; with `failed` too. */
  peakGb?: number;
}

/** An amount of tasks, memory and cores. */
export interface Share {
  tasks: number;
  memoryGb: number;
  cores: number;
}

/** What a claim may take. */
export interface ClaimRoom {
  /** To be started at once: free lanes, memory that the host has to give, cores not promised. */
  start: Share;
  /** To be buffered, and started when what runs has ended. */
  buffer: Share;
  /** What will be free when what runs has ended, for the buffered tasks and those above. */
  freed: { memoryGb: number; cores: number };
  /** The lowest priority in the buffer; undefined when it is empty. */
  bufferedPriority: number | undefined;
  /** What this worker could give with nothing else running. */
  capacity: { memoryGb: number; cores: number };
  /** Memory of the host that this worker has promised to nobody. */
  unpromisedGb: number;
}

/** What this worker promised to the tasks that it runs. */
export interface Promised {
  memoryGb: number;
  cores: number;
}

export interface CycleRequest {
  worker: string;
  instance: string;
  /** As the registry has it: its workers share memory and cores. */
  machine: string;
  /** One above that of the instance's last changing call; the same only when it is sent again. */
  seq: number;
  /** Buffered tasks that began to run. */
  started: readonly { line: string; seq: number }[];
  ended: readonly EndedAttempt[];
  maxAttempts: number;
  retryElsewhereMs: number;
  /** Of a task that ends, the records of earlier attempts go. */
  lastRecordAlone: boolean;
  /** How long a task waits for room before a worker keeps itself free for it. */
  bigTaskWaitMs: number;
  room: ClaimRoom;
  promised: Promised;
  /** What Redis was last told of it, from the last answer. */
  toldPromise: string;
  /** From the last answer: where the walk over buckets goes on. */
  cursor: number;
}

export interface ClaimedTask {
  line: string;
  /** Number of the attempt that this claim is for. */
  attempt: number;
  needMemoryGb: number;
  /** False: buffered. It starts when there is room, and a later call says so. */
  starts: boolean;
}

/** What every answer says besides the tasks. */
export interface CycleSigns {
  epoch: string;
  /** Left in todo. */
  todo: number;
  /** Of all live workers; 0 when nobody has counted yet. */
  liveLanes: number;
  cursor: number;
  /** The original's stop field stands: finish what runs, then end. */
  closed: boolean;
  paused: boolean;
  /**
   * How many tasks more may be claimed under the limit of the queue, negative while more are held;
   * undefined without a limit.
   */
  untilLimit: number | undefined;
  /** The queue pauses itself after so many failures: each that it hears of may be the last. */
  stopsAfterFailures: boolean;
  /** Another worker asked for more than it got. */
  othersIdle: boolean;
  /** What is ready and would fit has a higher priority than what is buffered. */
  higher: boolean;
  /** This worker keeps itself free for a task that needs more room than it has now. */
  keepsFree: boolean;
  /** For `toldPromise` of the next call. */
  promise: string | undefined;
}

export type CycleAnswer =
  | (CycleSigns & { kind: 'ok'; claimed: ClaimedTask[] })
  /** A later call was answered before: this one changed nothing. */
  | { kind: 'stale' }
  /** The name is not this instance's: renew, then report again. */
  | { kind: 'unregistered' };

const CLAIMED_FIELDS = 4;

/** Reports what started and ended, and claims what fits, in one round trip. */
export async function cycle(queue: Queue, request: CycleRequest): Promise<CycleAnswer> {
  const answer = asArray(
    await runScript(queue, scripts.cycle, [
      request.worker,
      request.instance,
      request.seq,
      JSON.stringify(askOf(request)),
      request.started.length,
      ...request.started.flatMap(({ line, seq }) => [line, seq]),
      ...request.ended.flatMap(end => [
        end.line,
        end.seq,
        end.outcome,
        end.value,
        end.record,
        end.signature,
        Math.round(end.milliseconds),
        end.peakGb ?? 0,
      ]),
    ]),
  );
  if (answer[0] === 'stale') return { kind: 'stale' };
  if (answer[0] === 'unregistered') return { kind: 'unregistered' };
  return {
    kind: 'ok',
    ...readSigns(asString(answer[1])),
    claimed: inGroups(asArray(answer[2]), CLAIMED_FIELDS).map(
      ([line = '', attempt, need, starts]) => ({
        line,
        attempt: asNumber(attempt),
        needMemoryGb: asNumber(need),
        starts: starts === '1',
      }),
    ),
  };
}

/** `ASK` of the script. */
function askOf(request: CycleRequest): object {
  const { start, buffer, freed, bufferedPriority, capacity, unpromisedGb } = request.room;
  return {
    attempts: request.maxAttempts,
    elsewhere_ms: request.retryElsewhereMs,
    last_record_alone: request.lastRecordAlone,
    big_task_wait_ms: request.bigTaskWaitMs,
    lanes: start.tasks,
    memory: start.memoryGb,
    cores: start.cores,
    buffer: buffer.tasks,
    buffer_memory: buffer.memoryGb,
    buffer_cores: buffer.cores,
    freed_memory: freed.memoryGb,
    freed_cores: freed.cores,
    buffered_priority: bufferedPriority,
    capacity_memory: capacity.memoryGb,
    capacity_cores: capacity.cores,
    unpromised_memory: unpromisedGb,
    machine: request.machine,
    promised_memory: request.promised.memoryGb,
    promised_cores: request.promised.cores,
    told_promise: request.toldPromise,
    cursor: request.cursor,
  };
}

function readSigns(json: string): CycleSigns {
  const signs = parseObject(json);
  return {
    epoch: asString(signs.epoch),
    todo: asNumber(signs.todo),
    liveLanes: asNumber(signs.live_lanes),
    cursor: asNumber(signs.cursor),
    closed: asTruth(signs.closed),
    paused: asTruth(signs.paused),
    untilLimit: signs.until_limit === undefined ? undefined : asNumber(signs.until_limit),
    stopsAfterFailures: asTruth(signs.stops_after_failures),
    othersIdle: asTruth(signs.others_idle),
    higher: asTruth(signs.higher ?? false),
    keepsFree: asTruth(signs.keeps_free ?? false),
    promise: signs.promise === undefined ? undefined : asString(signs.promise),
  };
}
