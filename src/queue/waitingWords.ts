/** Why a task waits, in words: the same in terminal and editor. */
import { pausedWords } from '../tasks/limitWords';
import { roughly } from '../tasks/rate';
import { amount, capital, lasting, number, plural, visible } from '../tasks/words';
import type { RoomLater, TaskNeed, Waiting, WaitingReason, WorkerVerdict } from './waiting';
import { lanesInUse, wrongWith } from './workerWords';

/** `needs 64 GB; the largest free is 32 GB on node7~1`. */
export function reasonWords(reason: WaitingReason): string {
  switch (reason.kind) {
    case 'closed':
      return 'the queue is closed: workers take nothing new';
    case 'paused':
      return `the queue is ${pausedWords(reason.afterFailures)}: nothing new starts`;
    case 'limit':
      return `the queue has as many tasks in progress as its limit allows: ${number(reason.most)}`;
    case 'no_worker':
      return noWorkerWords(reason);
    case 'ours_alone':
      return 'only workers of the original are live, and they take no line with a timeout or a colon in its command';
    case 'none_takes':
      return noneTakesWords(reason);
    case 'too_much_memory':
      return `${needsMemory(reason.need)}; the largest worker has ${gb(reason.largest.details.capacity_gb)} for tasks (${visible(reason.largest.name)})`;
    case 'too_many_cores':
      return `needs ${plural(reason.need.cores, 'core')}; the most that a worker has is ${amount(reason.largest.load?.totalCores ?? 0)} (${visible(reason.largest.name)})`;
    case 'not_indexed':
      return 'workers do not know of it yet: the one on duty finds it within seconds';
    case 'elsewhere':
      return `it failed on ${visible(reason.worker)}, and waits ${lasting(reason.ms)} for another worker`;
    case 'reserved_for_it':
      return `until there is room for it, ${visible(reason.worker)} takes nothing else`;
    case 'memory':
      return `${needsMemory(reason.need)}; the largest free is ${gb(reason.most.room.memoryGb)} on ${visible(reason.most.worker.name)}`;
    case 'cores':
      return `needs ${plural(reason.need.cores, 'core')}; the most that are free is ${amount(reason.most.room.cores ?? 0)} on ${visible(reason.most.worker.name)}`;
    case 'lanes':
      return reason.lanes === 1
        ? 'the only lane is busy'
        : `all ${number(reason.lanes)} lanes are busy`;
    case 'higher':
      return `${plural(reason.tasks, 'task')} of a higher priority ${comes(reason.tasks)} before it`;
    case 'ahead':
      return `${plural(reason.tasks, 'task')} of the same kind ${comes(reason.tasks)} before it`;
    case 'next':
      return 'nothing holds it up: a worker takes it at its next look';
  }
}

const comes = (count: number) => (count === 1 ? 'comes' : 'come');

function noWorkerWords({ silent, draining }: { silent: number; draining: number }): string {
  const but: string[] = [];
  if (silent > 0)
    but.push(`${plural(silent, 'worker')} ${silent === 1 ? 'does' : 'do'} not answer`);
  if (draining > 0)
    but.push(`${plural(draining, 'worker')} ${draining === 1 ? 'drains' : 'drain'}`);
  return ['no worker is live that takes it', but.join(' and ')].filter(Boolean).join('; ');
}

function noneTakesWords({
  draining,
  problem,
}: {
  draining: number;
  problem: WorkerVerdict | undefined;
}): string {
  const why = problem
    ? `: ${visible(problem.worker.name)} ${problem.verdict === 'problem' ? `says ${visible(problem.worker.details.problem ?? '')}` : 'is short of memory'}`
    : '';
  const leaving =
    draining > 0 ? `; ${plural(draining, 'worker')} ${draining === 1 ? 'drains' : 'drain'}` : '';
  return `no live worker claims anything${why}${leaving}`;
}

function needsMemory({ memoryGb, lineGb }: TaskNeed): string {
  const needs = `needs ${gb(memoryGb)}`;
  return memoryGb > lineGb ? `${needs} (its line says ${gb(lineGb)}, an attempt took more)` : needs;
}

const gb = (value: number | undefined) => `${amount(value ?? 0)} GB`;

/** What comes by itself, or what to do, as a sentence; undefined where there is nothing to add. */
export function outlookWords(reason: WaitingReason): string | undefined {
  switch (reason.kind) {
    case 'memory':
    case 'cores':
    case 'lanes':
      return reason.later && laterWords(reason.later);
    case 'too_much_memory':
      return 'It runs when a worker with more memory is started.';
    case 'too_many_cores':
      return 'It runs when a worker with more cores is started.';
    default:
      return undefined;
  }
}

/** `node3~1 (128 GB) will be free when 2 tasks end, in about 6 min.` */
function laterWords({ worker, tasks, inMs, latestMs }: RoomLater): string {
  const has = worker.load ? ` (${gb(worker.load.totalGb)})` : '';
  const end = tasks === 1 ? 'a task ends' : `${number(tasks)} tasks end`;
  return `${visible(worker.name)}${has} will be free when ${end}${whenWords(inMs, latestMs)}.`;
}

function whenWords(inMs: number | undefined, latestMs: number | undefined): string {
  if (inMs !== undefined) return `, in about ${lasting(roughly(inMs))}`;
  return latestMs === undefined ? '' : `, in ${lasting(latestMs)} at the latest`;
}

/** `Waiting: needs 64 GB; …. node3~1 (128 GB) will be free when ….` */
export function waitingWords({ reasons }: Waiting): string {
  const sentences = reasons.flatMap((reason, i) => {
    const words = reasonWords(reason);
    return [`${i === 0 ? `Waiting: ${words}` : capital(words)}.`, outlookWords(reason) ?? ''];
  });
  return sentences.filter(sentence => sentence !== '').join(' ');
}

/** Why one worker does not take it. */
export function verdictWords({ worker, verdict, room }: WorkerVerdict, nowMs: number): string {
  switch (verdict) {
    case 'silent':
    case 'draining':
    case 'problem':
      return wrongWith(worker, nowMs).join(' · ');
    case 'too_little_memory':
      return `has ${gb(worker.details.capacity_gb)} for tasks`;
    case 'too_few_cores':
      return `has ${plural(Math.round(worker.load?.totalCores ?? 0), 'core')}`;
    case 'short_of_memory':
      return 'its host is short of memory: nothing starts there now';
    case 'failed_there':
      return 'the task failed there: others come first';
    case 'keeps_free':
      return 'keeps itself free for a bigger task';
    case 'busy':
      return `${lanesInUse(worker) ?? 'all lanes'} busy`;
    case 'memory_in_use':
      return `${gb(room.memoryGb)} free`;
    case 'cores_in_use':
      return `${freeCores(room.cores)} free`;
    case 'original':
      return 'an original: what it has room for is not known';
    case 'not_for_originals':
      return 'an original: it takes no line with a timeout or a colon in its command';
    case 'never_again':
      return 'an original that failed it: it does not take it again';
    case 'can':
      return 'has room for it';
  }
}

const freeCores = (cores = 0) => `${amount(cores)} ${cores === 1 ? 'core' : 'cores'}`;

/** What is said of a task that does not wait. */
export function notWaitingWords(state: string, owner: string): string {
  switch (state) {
    case 'in_progress':
      return `It does not wait: ${visible(owner)} has it in progress.`;
    case 'finished':
      return 'It does not wait: it has finished.';
    case 'failed':
      return 'It does not wait: it failed. It runs again when it is retried.';
    default:
      return 'It is not in the queue any more.';
  }
}

/** What is shown of workers: those that could soon take it first. */
export function byNearness(workers: readonly WorkerVerdict[]): WorkerVerdict[] {
  return [...workers].sort((a, b) => NEARNESS.indexOf(a.verdict) - NEARNESS.indexOf(b.verdict));
}

const NEARNESS: readonly WorkerVerdict['verdict'][] = [
  'can',
  'busy',
  'memory_in_use',
  'cores_in_use',
  'keeps_free',
  'failed_there',
  'short_of_memory',
  'original',
  'problem',
  'too_little_memory',
  'too_few_cores',
  'draining',
  'silent',
  'never_again',
  'not_for_originals',
];
