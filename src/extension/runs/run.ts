/**
 * A run: from the first submission of this window until the queue has nothing to do any more.
 *
 *   none ──begin──▶ submitting ──submitted──▶ running ──end──▶ none
 *                        ▲                       │
 *                        └─────────begin─────────┘      (submissions merge into one run)
 *   submitting ──submitted, nothing was added──▶ none
 *
 * `begin`, `submitted` and `end` are the only functions that change it. Nothing here imports `vscode`.
 */
import type { Counts } from '../../queue/counts';
import type { FailureSpan } from '../../queue/failedWithin';
import type { Tally } from '../../queue/tally';
import { number, runEnded } from '../../tasks/words';

/** How a queue stands. */
export interface Standing {
  counts: Pick<Counts, 'todo' | 'inProgress' | 'finished' | 'failed'>;
  tally: Tally;
}

/** What is kept of a run, as JSON. */
export interface KeptRun {
  /** Milliseconds, Redis time. */
  startedAt: number;
  /** Tasks that this window added, or had tried again. */
  submitted: number;
  before: Standing;
}

export interface RunSummary {
  finished: number;
  failed: number;
  ms: number;
  /** How many this window submitted, if that is fewer. */
  ours?: number;
  /** The failures of that time; none when only originals told of them. */
  failures?: FailureSpan;
}

/** What ended longer ago is no news. */
const NEWS_MS = 24 * 3_600_000;

export class Run {
  #kept: KeptRun | undefined;
  #submissions = 0;

  constructor(kept?: KeptRun) {
    this.#kept = kept;
  }

  get kept(): KeptRun | undefined {
    return this.#kept;
  }

  /** Before tasks are submitted. `before`: how the queue stands. */
  begin(before: Standing, startedAt: number): void {
    this.#submissions += 1;
    this.#kept ??= { startedAt, submitted: 0, before };
  }

  /** After they were: so many were added or are tried again. */
  submitted(count: number): void {
    this.#submissions -= 1;
    if (!this.#kept) return;
    this.#kept = { ...this.#kept, submitted: this.#kept.submitted + count };
    if (this.#submissions === 0 && this.#kept.submitted === 0) this.#kept = undefined;
  }

  /** By counts that may be older than the submission: look again before you believe it. */
  mayHaveEnded(counts: Standing['counts']): boolean {
    return this.#kept !== undefined && this.#submissions === 0 && isIdle(counts);
  }

  /**
   * Ends the run if the queue is idle. Undefined when it goes on, when its tasks were cleared, and when
   * it is no news any more. `lastEnd`: when a task last ended, if that is known.
   */
  end(now: Standing, clock: number, lastEnd: number | undefined): RunSummary | undefined {
    const run = this.#kept;
    if (!run || !this.mayHaveEnded(now.counts)) return undefined;
    this.#kept = undefined;
    if (now.tally.submitted < run.before.tally.submitted + run.submitted) return undefined;
    const isOfRun = lastEnd !== undefined && lastEnd >= run.startedAt;
    if (clock - (isOfRun ? lastEnd : run.startedAt) > NEWS_MS) return undefined;
    const ms = (isOfRun ? lastEnd : clock) - run.startedAt;
    // This window's idea of Redis' clock may be behind that of the worker which told of the end.
    const untilMs = Math.max(clock, lastEnd ?? clock);
    return { ...summary(run, now, ms), ...failuresOf(run, now, untilMs) };
  }
}

const isIdle = ({ todo, inProgress }: Standing['counts']) => todo + inProgress === 0;

/** Originals count nowhere; and results may be removed, failures tried again. */
function summary({ before, submitted }: KeptRun, now: Standing, ms: number): RunSummary {
  const more = (state: 'finished' | 'failed') =>
    Math.max(now.tally[state] - before.tally[state], now.counts[state] - before.counts[state]);
  const finished = more('finished');
  const failed = Math.min(more('failed'), now.counts.failed);
  return { finished, failed, ms, ...(finished + failed > submitted ? { ours: submitted } : {}) };
}

function failuresOf(run: KeptRun, now: Standing, untilMs: number): Pick<RunSummary, 'failures'> {
  const [from, to] = [run.before.tally.failed, now.tally.failed];
  return to > from ? { failures: { from, to, sinceMs: run.startedAt, untilMs } } : {};
}

/** `1,236 finished, 4 failed in 12 min.` */
export function runWords({ finished, failed, ms, ours }: RunSummary): string {
  const words = runEnded(finished, failed, ms);
  return ours === undefined ? `${words}.` : `${words}, ${number(ours)} of them submitted here.`;
}
