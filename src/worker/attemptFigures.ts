import type { EndedAttempt } from '../queue/cycle';
import type { AttemptFigures } from '../queue/workerDetails';

/** How an attempt ended that ran. */
export interface AttemptEnd {
  ms: number;
  /** As it is reported; undefined if it is not: the task is no longer this worker's. */
  outcome: EndedAttempt['outcome'] | undefined;
}

/**
 * Enough to compare a share and a mean with those of others, and few enough that a host that breaks, or was
 * mended, shows after some dozen attempts. A number of them and no span of time: where one takes an hour, an
 * hour says nothing.
 */
const RECENT = 50;

/** How this worker's attempts ended: since its start, and of late. `AttemptFigures` says what counts. */
export class AttemptCount {
  #ended = 0;
  #failed = 0;
  /** The last ones; of a failed one undefined. */
  #recent: (number | undefined)[] = [];

  add({ ms, outcome }: AttemptEnd): void {
    if (outcome === undefined || outcome === 'returned') return;
    const isFailure = outcome !== 'finished';
    this.#ended++;
    if (isFailure) this.#failed++;
    this.#recent.push(isFailure ? undefined : ms);
    if (this.#recent.length > RECENT) this.#recent.shift();
  }

  get figures(): AttemptFigures {
    const durations = this.#recent.filter(ms => ms !== undefined);
    return {
      ended: this.#ended,
      failed: this.#failed,
      recent_ended: this.#recent.length,
      recent_failed: this.#recent.length - durations.length,
      ...durationFigures(durations),
    };
  }
}

function durationFigures(
  durations: readonly number[],
): Pick<AttemptFigures, 'mean_ms' | 'deviation_ms'> {
  const { length } = durations;
  if (length === 0) return {};
  const mean = sum(durations) / length;
  if (length === 1) return { mean_ms: tenths(mean) };
  const variance = sum(durations.map(ms => (ms - mean) ** 2)) / (length - 1);
  return { mean_ms: tenths(mean), deviation_ms: tenths(Math.sqrt(variance)) };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const tenths = (value: number) => Math.round(value * 10) / 10;
