import { pausedAfter, type QueueLimits, readLimits } from './limits';
import type { Queue } from './queue';
import { asArray, asNumber, asString } from './reply';
import { runScript, scripts } from './script';

/** How many tasks are in each state, at one moment. */
export interface Counts {
  todo: number;
  /** Of those in todo or in progress, how many failed before. */
  waitingForRetry: number;
  inProgress: number;
  /** For good: in no other state, no attempt left. */
  failed: number;
  finished: number;
  /** Workers of ours, live or not yet found lost. */
  workers: number;
  /** The original's stop field stands: workers take nothing. */
  closed: boolean;
  /** Workers start nothing new; those of the original take no notice. */
  paused: boolean;
  /** Bulk actions that can be undone now. */
  undoable: number;
  /** The queue paused itself when so many tasks had failed; null if a person did, or it is not paused. */
  pausedAfterFailures: number | null;
  /** Of those in progress, what workers of ours run or buffer: what `limits.maxRunning` is compared with. */
  held: number;
  limits: QueueLimits;
}

/** Reads lengths only; the cost does not grow with the queue. */
export async function counts(queue: Queue): Promise<Counts> {
  return parseCounts(await runScript(queue, scripts.counts, []));
}

/** What `lua/count_tasks.lua` answered. */
export function parseCounts(answer: unknown): Counts {
  const found = asArray(answer);
  const [todo, waitingForRetry, inProgress, failed, finished, workers, closed, undoable] = found
    .slice(0, 8)
    .map(asNumber);
  const paused = asString(found[8]);
  return {
    todo: todo ?? 0,
    waitingForRetry: waitingForRetry ?? 0,
    inProgress: inProgress ?? 0,
    failed: failed ?? 0,
    finished: finished ?? 0,
    workers: workers ?? 0,
    closed: (closed ?? 0) > 0,
    paused: paused !== '',
    undoable: undoable ?? 0,
    pausedAfterFailures: pausedAfter(paused) ?? null,
    held: asNumber(found[9]),
    limits: readLimits(found.slice(10)),
  };
}
