/**
 * Runs one piece of work whenever something may have changed, at a bounded cost: never two at once,
 * never sooner than `gapMs` after the one before (nor than three times what that one took, so that
 * it takes a quarter of the time at most), and not later than `idleMs` after it.
 */
export interface PaceLimits {
  gapMs: number;
  idleMs: number;
}

/** While someone looks at the tree. */
const WATCHED: PaceLimits = { gapMs: 250, idleMs: 5_000 };
/** Only the status bar shows anything. */
const UNWATCHED: PaceLimits = { gapMs: 1_000, idleMs: 30_000 };
/** Whoever writes less than that would wait for ever. */
const FEWEST_PER_SECOND = 0.1;

/** How often views read the queue; `mostPerSecond` only ever makes it less. */
export function refreshLimits(watched: boolean, mostPerSecond: number): PaceLimits {
  const { gapMs, idleMs } = watched ? WATCHED : UNWATCHED;
  const leastMs = 1_000 / Math.max(FEWEST_PER_SECOND, mostPerSecond);
  return { gapMs: Math.max(gapMs, leastMs), idleMs: Math.max(idleMs, leastMs) };
}

export class Pace {
  #limits: PaceLimits;
  readonly #work: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #due = Number.POSITIVE_INFINITY;
  #earliest = 0;
  #running = false;
  #wanted = false;
  #stopped = false;

  constructor(work: () => Promise<void>, limits: PaceLimits) {
    this.#work = work;
    this.#limits = limits;
  }

  /** Something may have changed: run as soon as the limits allow. */
  soon(): void {
    if (this.#running) this.#wanted = true;
    else this.#notLaterThan(this.#earliest);
  }

  /** Other limits from now on; what is due is only ever moved earlier. */
  limit(limits: PaceLimits): void {
    this.#limits = limits;
    if (!this.#running) this.#notLaterThan(performance.now() + limits.idleMs);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #notLaterThan(time: number): void {
    if (this.#stopped || time >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = time;
    this.#timer = setTimeout(() => void this.#run(), Math.max(0, time - performance.now()));
  }

  async #run(): Promise<void> {
    const start = performance.now();
    this.#due = Number.POSITIVE_INFINITY;
    this.#running = true;
    this.#wanted = false;
    try {
      await this.#work();
    } finally {
      this.#running = false;
      const end = performance.now();
      this.#earliest = end + Math.max(this.#limits.gapMs, 3 * (end - start));
      this.#notLaterThan(this.#wanted ? this.#earliest : end + this.#limits.idleMs);
    }
  }
}
