/**
 * What is done when the host runs out of memory: the task that was started last is ended and goes back
 * to the queue, one at a time. A worker's last task fails instead: this host cannot hold it.
 */

export interface RunningTask {
  line: string;
  /** On the monotonic clock, ms. */
  startedAt: number;
}

export interface PressureState {
  availableGb: number;
  /** `min_dram_gb_trigger_return`. */
  triggerGb: number;
  running: readonly RunningTask[];
  /** A task is being ended for this already: what it held is not free yet. */
  underWay: boolean;
}

/** `return`: it goes back, no attempt is counted. `fail`: it is a failed attempt. */
export type Relief = { kind: 'none' } | { kind: 'return' | 'fail'; line: string };

export function relief(state: PressureState): Relief {
  const { availableGb, triggerGb, running, underWay } = state;
  if (availableGb >= triggerGb || underWay) return { kind: 'none' };
  const [first, ...others] = running;
  if (!first) return { kind: 'none' };
  const last = others.reduce((a, b) => (b.startedAt >= a.startedAt ? b : a), first);
  return { kind: others.length > 0 ? 'return' : 'fail', line: last.line };
}

/** As long as memory is not short. */
export const RELAXED_MS = 500;
const CLOSE_MS = 50;

/** When to look at memory again: often once it is short, since a task can take gigabytes a second. */
export function nextLookMs(availableGb: number, acceptGb: number): number {
  return availableGb < 2 * acceptGb ? CLOSE_MS : RELAXED_MS;
}
