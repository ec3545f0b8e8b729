/** When a worker that could hold a task will have room for it, by what it runs. Pure. */
import type { RoomLater, TaskNeed, WorkerVerdict } from './waiting';

/** What a worker runs, each with what it gives back and how long it will go on. */
export interface Ends {
  tasks: readonly EndingTask[];
  /** False: it runs more than these. */
  complete: boolean;
}

export interface EndingTask {
  memoryGb: number;
  cores: number;
  ranMs: number;
  /** Its own timeout. */
  timeoutMs: number | undefined;
  /** How long tasks took lately, on average; undefined if none ended. */
  meanMs: number | undefined;
}

/**
 * Counts how many tasks must end, in the order in which that is to be expected. Undefined if all of them
 * would not be enough, as far as is known.
 */
export function roomLater(
  { worker, room }: WorkerVerdict,
  need: TaskNeed,
  ends: Ends | undefined,
): RoomLater | undefined {
  if (!ends?.complete) return undefined;
  const tasks = [...ends.tasks].sort(
    (a, b) => (leftMs(a) ?? 0) - (leftMs(b) ?? 0) || b.ranMs - a.ranMs,
  );
  const lanes = worker.details.lanes ?? Number.POSITIVE_INFINITY;
  let memoryGb = room.memoryGb ?? 0;
  let cores = room.cores ?? 0;
  for (const [i, task] of tasks.entries()) {
    memoryGb += task.memoryGb;
    cores += task.cores;
    const free = tasks.length - i - 1 < lanes;
    if (!free || memoryGb < need.memoryGb || cores < need.cores) continue;
    return { worker, tasks: i + 1, ...whenAll(tasks.slice(0, i + 1)) };
  }
  return undefined;
}

/** Known only if it is of each of them. */
function whenAll(tasks: readonly EndingTask[]): Pick<RoomLater, 'inMs' | 'latestMs'> {
  const expected = tasks.map(leftMs);
  if (expected.every(ms => ms !== undefined)) return { inMs: Math.max(...expected) };
  const latest = tasks.map(({ timeoutMs, ranMs }) =>
    timeoutMs === undefined ? undefined : Math.max(0, timeoutMs - ranMs),
  );
  return latest.every(ms => ms !== undefined) ? { latestMs: Math.max(...latest) } : {};
}

/** Undefined for one that has run for longer than others take: nobody knows. */
function leftMs({ meanMs, ranMs, timeoutMs }: EndingTask): number | undefined {
  if (meanMs === undefined || ranMs >= meanMs) return undefined;
  return Math.min(meanMs - ranMs, (timeoutMs ?? Number.POSITIVE_INFINITY) - ranMs);
}
