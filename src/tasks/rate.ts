/** How fast tasks end, and when the last of them will. Pure: the caller says what time it is. */
import { pausedWords } from './limitWords';
import { lasting, number } from './words';

/** Half a minute is long enough to be calm and short enough to follow what changes… */
const WINDOW_MS = 30_000;
/** …unless tasks take longer than that. */
const WINDOW_TASKS = 20;

interface Sample {
  ms: number;
  done: number;
}

/** Leaves those of the last half minute or the last twenty tasks, and the one before, where they begin. */
export function dropOld(samples: Sample[], now: Sample): void {
  const isOld = (sample: Sample | undefined) =>
    sample !== undefined &&
    sample.ms <= now.ms - WINDOW_MS &&
    sample.done <= now.done - WINDOW_TASKS;
  while (isOld(samples[1])) samples.shift();
}

/** Tasks a second, of late. */
export class RateMeter {
  /** One for each change of `done`, the oldest first; the window begins at the first. */
  private readonly samples: Sample[] = [];
  private nowMs = 0;

  /** `done`: how many have ended by now, never less than before. */
  record(ms: number, done: number): void {
    this.nowMs = ms;
    if (this.samples.at(-1)?.done !== done) this.samples.push({ ms, done });
    dropOld(this.samples, { ms, done });
  }

  /** 0 while nothing is known. */
  perSecond(): number {
    const [first] = this.samples;
    const last = this.samples.at(-1);
    if (!first || !last || this.nowMs <= first.ms) return 0;
    return ((last.done - first.done) * 1000) / (this.nowMs - first.ms);
  }
}

/** `120/s`, `3.1/s`, `4/min`; undefined where it would be less than one a minute. */
export function formatRate(perSecond: number): string | undefined {
  if (perSecond >= 9.95) return `${number(Math.round(perSecond))}/s`;
  if (perSecond >= 0.95) return `${perSecond.toFixed(1)}/s`;
  const perMinute = Math.round(perSecond * 60);
  return perMinute >= 1 ? `${perMinute}/min` : undefined;
}

/** `about 6 min left`; undefined while nothing moves. */
export function formatLeft(remaining: number, perSecond: number): string | undefined {
  if (remaining === 0 || perSecond <= 0) return undefined;
  return `about ${lasting(roughly((remaining * 1000) / perSecond))} left`;
}

/** An estimate says no more than it knows: above ten seconds in steps of five, above two minutes of sixty. */
export function roughly(ms: number): number {
  const step = ms > 120_000 ? 60_000 : ms > 10_000 ? 5_000 : 1_000;
  return Math.max(step, Math.round(ms / step) * step);
}

export interface Progress {
  done: number;
  total: number;
  failed: number;
  perSecond: number;
}

/** `20/30 · 3.1/s · about 3 s left · 1 failed`. */
export function formatProgress({ done, total, failed, perSecond }: Progress): string {
  const parts = [
    `${number(done)}/${number(total)}`,
    done < total ? formatRate(perSecond) : undefined,
    formatLeft(total - done, perSecond),
    failed > 0 ? `${number(failed)} failed` : undefined,
  ];
  return parts.filter(part => part !== undefined).join(' · ');
}

export interface QueuePace {
  remaining: number;
  /** Undefined while it cannot be known. */
  perSecond: number | undefined;
  /** When the last task ends, of now; undefined while it cannot be known. */
  leftMs: number | undefined;
  workers: number;
  paused: boolean;
  pausedAfterFailures: number | null;
  closed: boolean;
}

/** `120/s · about 6 min left`; what stops a queue comes first. Empty when there is nothing to do. */
export function formatPace(pace: QueuePace): string {
  const { stopped, rate, unknown } = paceParts(pace);
  const left = rate !== undefined && stopped.length === 0 ? pace.leftMs : undefined;
  const parts = [
    ...stopped,
    rate,
    left === undefined ? undefined : `about ${lasting(roughly(left))} left`,
    unknown,
  ];
  return parts.filter(part => part !== undefined).join(' · ');
}

export interface PaceParts {
  /** What is stopped has no end that could be known. */
  stopped: string[];
  rate?: string;
  /** Why there is no rate yet. */
  unknown?: string;
}

export function paceParts(pace: Omit<QueuePace, 'leftMs'>): PaceParts {
  const { remaining, perSecond, paused, closed } = pace;
  const stopped = [
    ...(closed ? ['closed'] : []),
    ...(paused ? [pausedWords(pace.pausedAfterFailures)] : []),
  ];
  if (remaining === 0) return { stopped };
  if (perSecond !== undefined) {
    return { stopped, rate: formatRate(perSecond) ?? 'less than 1/min' };
  }
  if (stopped.length > 0) return { stopped };
  return { stopped, unknown: pace.workers === 0 ? 'no worker' : '– no task has ended yet' };
}
