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

/** Tasks a second, of late. */
export class RateMeter {
  /** One for each change of `done`, the oldest first; the window begins at the first. */
  private samples: Sample[] = [];
  private nowMs = 0;

  /** `done`: how many have ended by now, never less than before. */
  record(ms: number, done: number): void {
    this.nowMs = ms;
    if (this.samples.at(-1)?.done !== done) this.samples.push({ ms, done });
    const isOld = (sample: Sample | undefined) =>
      sample !== undefined && sample.ms <= ms - WINDOW_MS && sample.done <= done - WINDOW_TASKS;
    while (isOld(this.samples[1])) this.samples.shift();
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

/** `6 min`; undefined while nothing moves. */
export function timeLeft(remaining: number, perSecond: number): string | undefined {
  if (remaining === 0 || perSecond <= 0) return undefined;
  return lasting(roughly((remaining * 1000) / perSecond));
}

/** `about 6 min left`; undefined while nothing moves. */
export function formatLeft(remaining: number, perSecond: number): string | undefined {
  const left = timeLeft(remaining, perSecond);
  return left && `about ${left} left`;
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
  workers: number;
  paused: boolean;
  pausedAfterFailures: number | null;
  closed: boolean;
}

/** `120/s · about 6 min left`; what stops a queue comes first. Empty when there is nothing to do. */
export function formatPace(pace: QueuePace): string {
  const { remaining, perSecond, paused, closed } = pace;
  const parts = [
    closed ? 'closed' : undefined,
    paused ? pausedWords(pace.pausedAfterFailures) : undefined,
  ];
  if (remaining > 0 && perSecond !== undefined) {
    parts.push(formatRate(perSecond) ?? 'less than 1/min');
    // What is stopped has no end that could be known.
    if (!paused && !closed) parts.push(formatLeft(remaining, perSecond));
  } else if (remaining > 0 && !paused && !closed) {
    parts.push(pace.workers === 0 ? 'no worker' : '– no task has ended yet');
  }
  return parts.filter(part => part !== undefined).join(' · ');
}
