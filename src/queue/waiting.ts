/**
 * Why a task waits: which workers cannot take it, and what holds it up. Pure: `waitingFacts.ts` reads what it
 * decides on, `waitingWords.ts` says it.
 */
import { coresOf, memoryOf } from './capacity';
import { type Ends, roomLater } from './roomLater';
import type { QueueWorker } from './workers';
import { workerState } from './workerWords';

/** What is known when the question is asked. */
export interface WaitingFacts {
  closed: boolean;
  paused: boolean;
  /** The queue paused itself when so many tasks had failed; null if a person did. */
  pausedAfterFailures: number | null;
  /** So many tasks may be in progress, and are; undefined while there is room, or no limit. */
  limitReached: number | undefined;
  /** False: no worker can know of it yet. */
  indexed: boolean;
  need: TaskNeed;
  /** A line with other than four colons stands where originals do not look. */
  oursAlone: boolean;
  /** The worker of its last failed attempt, and for how long that one must leave it to others. */
  failedOn: string;
  waitsMs: number;
  /** Originals that have failed it: they never take it again. */
  triedBy: readonly string[];
  /** Ready tasks of a higher priority; of its own kind before it, undefined if more than were looked at. */
  higher: number;
  ahead: number | undefined;
  /** The instance that keeps itself free for a big task: for this one, or for one of another kind. */
  reservation: { instance: string; forIt: boolean } | undefined;
  workers: readonly QueueWorker[];
  /** What workers run that could hold it, and when it ends. */
  ends: ReadonlyMap<string, Ends>;
}

export interface TaskNeed {
  memoryGb: number;
  /** What its line says. More is needed when it was seen to take more, or somebody said so. */
  lineGb: number;
  cores: number;
}

/** What keeps one worker from taking the task now. */
export type Verdict =
  | 'silent'
  | 'draining'
  | 'problem'
  | 'too_little_memory'
  | 'too_few_cores'
  | 'short_of_memory'
  | 'failed_there'
  | 'keeps_free'
  | 'busy'
  | 'memory_in_use'
  | 'cores_in_use'
  | 'original'
  | 'not_for_originals'
  | 'never_again'
  | 'can';

export interface WorkerVerdict {
  worker: QueueWorker;
  verdict: Verdict;
  /** What it could give now; undefined if it does not tell. */
  room: Room;
}

export interface Room {
  memoryGb: number | undefined;
  cores: number | undefined;
}

/** When a worker will have room: after so many of its tasks have ended. */
export interface RoomLater {
  worker: QueueWorker;
  tasks: number;
  /** Expected, by how long tasks took lately; or the latest, by their timeouts; or nobody knows. */
  inMs?: number;
  latestMs?: number;
}

export type WaitingReason =
  | { kind: 'closed' }
  | { kind: 'paused'; afterFailures: number | null }
  | { kind: 'limit'; most: number }
  | { kind: 'no_worker'; silent: number; draining: number }
  | { kind: 'ours_alone' }
  | { kind: 'none_takes'; draining: number; problem: WorkerVerdict | undefined }
  | { kind: 'too_much_memory'; need: TaskNeed; largest: QueueWorker }
  | { kind: 'too_many_cores'; need: TaskNeed; largest: QueueWorker }
  | { kind: 'not_indexed' }
  | { kind: 'elsewhere'; worker: string; ms: number }
  | { kind: 'reserved_for_it'; worker: string }
  | { kind: 'memory'; need: TaskNeed; most: WorkerVerdict; later: RoomLater | undefined }
  | { kind: 'cores'; need: TaskNeed; most: WorkerVerdict; later: RoomLater | undefined }
  | { kind: 'lanes'; lanes: number; later: RoomLater | undefined }
  | { kind: 'higher'; tasks: number }
  | { kind: 'ahead'; tasks: number }
  | { kind: 'next' };

export interface Waiting {
  /** What weighs most first; never empty. */
  reasons: WaitingReason[];
  workers: WorkerVerdict[];
}

export function whyItWaits(facts: WaitingFacts): Waiting {
  const workers = facts.workers.map(worker => judge(worker, facts));
  const reasons = CHECKS.flatMap(check => check(facts, workers) ?? []);
  return { reasons: reasons.length > 0 ? reasons : [{ kind: 'next' }], workers };
}

// One worker --------------------------------------------------------------------------------------------

function judge(worker: QueueWorker, facts: WaitingFacts): WorkerVerdict {
  const room = roomOf(worker, facts.workers);
  const verdict =
    worker.kind === 'original' ? originalVerdict(worker, facts) : verdictOf(worker, room, facts);
  return { worker, verdict, room };
}

function originalVerdict(worker: QueueWorker, { oursAlone, triedBy }: WaitingFacts): Verdict {
  if (workerState(worker) !== 'live') return 'silent';
  if (oursAlone) return 'not_for_originals';
  return triedBy.includes(worker.name) ? 'never_again' : 'original';
}

/** What will not change by itself first, what changes with each task that ends last. */
function verdictOf(worker: QueueWorker, room: Room, facts: WaitingFacts): Verdict {
  const { need, failedOn, waitsMs, reservation } = facts;
  const { lanes, running = 0, problem, spare_gb: spareGb } = worker.details;
  if (workerState(worker) !== 'live') return 'silent';
  if (worker.draining) return 'draining';
  if (problem !== undefined) return 'problem';
  if (need.memoryGb > memoryOf(worker)) return 'too_little_memory';
  if (need.cores > coresOf(worker)) return 'too_few_cores';
  if (spareGb === 0) return 'short_of_memory';
  if (failedOn === worker.name && waitsMs > 0) return 'failed_there';
  if (reservation?.instance === worker.instance && reservation?.forIt === false)
    return 'keeps_free';
  if (lanes !== undefined && running >= lanes) return 'busy';
  if (need.memoryGb > (room.memoryGb ?? need.memoryGb)) return 'memory_in_use';
  if (need.cores > (room.cores ?? need.cores)) return 'cores_in_use';
  return 'can';
}

/** As a claim counts: workers of one machine promise from the same memory and cores. */
function roomOf(worker: QueueWorker, all: readonly QueueWorker[]): Room {
  const { details, load } = worker;
  const peers = all.filter(({ machine }) => machine !== undefined && machine === worker.machine);
  const sum = (of: 'promised_gb' | 'promised_cores') =>
    peers.reduce((total, peer) => total + (peer.details[of] ?? 0), 0);
  const told = details.spare_gb !== undefined && load !== undefined;
  return {
    memoryGb: told
      ? Math.max(0, Math.min(details.spare_gb ?? 0, load.totalGb - sum('promised_gb')))
      : undefined,
    cores: told ? Math.max(0, load.totalCores - sum('promised_cores')) : undefined,
  };
}

// The whole queue ---------------------------------------------------------------------------------------

type Check = (facts: WaitingFacts, workers: readonly WorkerVerdict[]) => WaitingReason | undefined;

/** In the order in which they are said. */
const CHECKS: readonly Check[] = [
  ({ closed }) => (closed ? { kind: 'closed' } : undefined),
  ({ paused, pausedAfterFailures: afterFailures }) =>
    paused ? { kind: 'paused', afterFailures } : undefined,
  ({ limitReached: most }) => (most === undefined ? undefined : { kind: 'limit', most }),
  noneLive,
  noneTakes,
  noneIsLargeEnough,
  notIndexed,
  waitsForAnother,
  noRoomNow,
  ({ higher }) => (higher > 0 ? { kind: 'higher', tasks: higher } : undefined),
  ({ ahead }) => (ahead ? { kind: 'ahead', tasks: ahead } : undefined),
];

const withVerdict = (workers: readonly WorkerVerdict[], ...verdicts: readonly Verdict[]) =>
  workers.filter(({ verdict }) => verdicts.includes(verdict));

function noneLive(_: WaitingFacts, workers: readonly WorkerVerdict[]): WaitingReason | undefined {
  const away = withVerdict(workers, 'silent', 'draining');
  if (away.length === workers.length) {
    const draining = withVerdict(workers, 'draining').length;
    return { kind: 'no_worker', silent: away.length - draining, draining };
  }
  const unable = withVerdict(workers, 'not_for_originals', 'never_again');
  if (unable.length > 0 && unable.length + away.length === workers.length) {
    return unable.some(({ verdict }) => verdict === 'not_for_originals')
      ? { kind: 'ours_alone' }
      : { kind: 'no_worker', silent: 0, draining: 0 };
  }
  return undefined;
}

/** Those that could be asked: live, and not leaving. */
const asked = (workers: readonly WorkerVerdict[]) =>
  workers.filter(
    ({ verdict, worker }) =>
      worker.kind === 'ours' && verdict !== 'silent' && verdict !== 'draining',
  );

const hasOriginal = (workers: readonly WorkerVerdict[]) =>
  withVerdict(workers, 'original').length > 0;

function noneTakes(_: WaitingFacts, workers: readonly WorkerVerdict[]): WaitingReason | undefined {
  const ours = asked(workers);
  const stuck = withVerdict(ours, 'problem', 'short_of_memory');
  if (ours.length === 0 || stuck.length < ours.length || hasOriginal(workers)) return undefined;
  const draining = withVerdict(workers, 'draining').length;
  return { kind: 'none_takes', draining, problem: stuck[0] };
}

function noneIsLargeEnough(
  { need }: WaitingFacts,
  workers: readonly WorkerVerdict[],
): WaitingReason | undefined {
  const ours = asked(workers);
  const tooSmall = withVerdict(ours, 'too_little_memory', 'too_few_cores');
  if (ours.length === 0 || tooSmall.length < ours.length || hasOriginal(workers)) return undefined;
  const inMemory = withVerdict(tooSmall, 'too_little_memory');
  if (inMemory.length > 0) {
    const largest = greatest(inMemory, ({ worker }) => memoryOf(worker));
    return largest && { kind: 'too_much_memory', need, largest: largest.worker };
  }
  const largest = greatest(tooSmall, ({ worker }) => coresOf(worker));
  return largest && { kind: 'too_many_cores', need, largest: largest.worker };
}

function notIndexed(
  { indexed }: WaitingFacts,
  workers: readonly WorkerVerdict[],
): WaitingReason | undefined {
  // Originals do not read the index.
  return indexed || hasOriginal(workers) || asked(workers).length === 0
    ? undefined
    : { kind: 'not_indexed' };
}

function waitsForAnother(
  { failedOn, waitsMs, reservation }: WaitingFacts,
  workers: readonly WorkerVerdict[],
): WaitingReason | undefined {
  const [there] = withVerdict(workers, 'failed_there');
  if (there) return { kind: 'elsewhere', worker: failedOn, ms: waitsMs };
  if (!reservation?.forIt) return undefined;
  const holder = workers.find(({ worker }) => worker.instance === reservation.instance);
  return holder && { kind: 'reserved_for_it', worker: holder.worker.name };
}

/** Of the workers that could hold it, none has room: memory, cores or a lane. */
function noRoomNow(
  facts: WaitingFacts,
  workers: readonly WorkerVerdict[],
): WaitingReason | undefined {
  if (withVerdict(workers, 'can', 'original').length > 0) return undefined;
  const { need } = facts;
  const full = withVerdict(workers, 'busy', 'memory_in_use', 'cores_in_use');
  if (full.length === 0) return undefined;
  const later = soonest(full, facts);
  const short = withVerdict(full, 'memory_in_use');
  if (short.length > 0) {
    const most = greatest(asked(workers), ({ room }) => room.memoryGb ?? 0);
    if (most && (most.room.memoryGb ?? 0) < need.memoryGb) {
      return { kind: 'memory', need, most, later };
    }
  }
  if (withVerdict(full, 'cores_in_use').length > 0) {
    const most = greatest(asked(workers), ({ room }) => room.cores ?? 0);
    if (most && (most.room.cores ?? 0) < need.cores) return { kind: 'cores', need, most, later };
  }
  const lanes = full.reduce((sum, { worker }) => sum + (worker.details.lanes ?? 0), 0);
  return { kind: 'lanes', lanes, later };
}

function soonest(
  full: readonly WorkerVerdict[],
  { need, ends }: WaitingFacts,
): RoomLater | undefined {
  const found = full.flatMap(
    verdict => roomLater(verdict, need, ends.get(verdict.worker.name)) ?? [],
  );
  const { POSITIVE_INFINITY: unknown } = Number;
  return found.sort(
    (a, b) =>
      (a.inMs ?? a.latestMs ?? unknown) - (b.inMs ?? b.latestMs ?? unknown) || a.tasks - b.tasks,
  )[0];
}

function greatest<T>(items: readonly T[], of: (item: T) => number): T | undefined {
  return items.reduce<T | undefined>(
    (best, item) => (best === undefined || of(item) > of(best) ? item : best),
    undefined,
  );
}
