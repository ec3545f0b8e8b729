/** Workers of a run, and another policy than theirs. */
import type { claimSize } from '../../../../src/worker/prefetch';
import type { WorkerShape } from './simulatedWorker';

export function equal(count: number): WorkerShape[] {
  return Array.from({ length: count }, () => ({ lanes: count > 100 ? 2 : 4, speed: 1 }));
}

export function unequal(count: number): WorkerShape[] {
  const lanes = count > 100 ? [1, 2, 4, 1] : [8, 4, 2, 1];
  const speeds = [1, 0.7, 1.4, 1.2];
  return Array.from({ length: count }, (_, i) => ({
    lanes: lanes[i % 4] ?? 1,
    speed: speeds[i % 4] ?? 1,
  }));
}

export function lanesOf(workers: readonly WorkerShape[]): number {
  return workers.reduce((sum, { lanes }) => sum + lanes, 0);
}

/** Buffers the same number of tasks whatever they take and however many are left, as the proposal has it. */
export const refillTo =
  (tasks: number): typeof claimSize =>
  ({ freeLanes, buffered, prefetch }) => ({
    start: freeLanes,
    buffer: prefetch === 0 ? 0 : Math.max(0, tasks - buffered),
  });
