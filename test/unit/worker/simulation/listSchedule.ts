/** The makespan that no claim could better much: tasks in their order, each on the lane that is first to be free. */
import type { SimulatedTask } from './simulatedQueue';
import type { WorkerShape } from './simulatedWorker';

interface Lane {
  freeAt: number;
  speed: number;
}

/**
 * List scheduling without latency: a lane has its next task the moment that it is free. Of lanes that are free
 * at the same time, the fastest comes first.
 *
 * @returns ms from the first start to the last end
 */
export function listScheduleMs(
  tasks: readonly SimulatedTask[],
  workers: readonly WorkerShape[],
): number {
  const lanes = workers
    .flatMap(({ lanes, speed }) => Array.from({ length: lanes }, () => ({ freeAt: 0, speed })))
    .sort((a, b) => b.speed - a.speed);
  let makespanMs = 0;
  // The next to be free is at the end.
  const queue = lanes.toReversed();
  for (const { durationMs } of tasks) {
    const lane = queue.pop();
    if (lane === undefined) throw new RangeError('no worker has a lane');
    lane.freeAt += durationMs / lane.speed;
    makespanMs = Math.max(makespanMs, lane.freeAt);
    queue.splice(placeOf(lane, queue), 0, lane);
  }
  return makespanMs;
}

/** Where a lane belongs in a row whose last is the first to be free. */
function placeOf(lane: Lane, row: readonly Lane[]): number {
  let [low, high] = [0, row.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = row[middle];
    if (other !== undefined && isBefore(lane, other)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBefore(a: Lane, b: Lane): boolean {
  return a.freeAt < b.freeAt || (a.freeAt === b.freeAt && a.speed > b.speed);
}
