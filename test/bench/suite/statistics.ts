/** What is made of the samples of a benchmark. Pure. */

/** Of some samples: the middle, and between which two values the middle half of them lies. */
export interface Summary {
  readonly median: number;
  /** First and third quartile; both the median of a single sample. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** How a figure changed from one run to another, as parts of the old one: 0.1 is 10 % more. */
export interface Change {
  readonly change: number;
  /** By so much it could differ by chance; undefined where there are too few samples to say. */
  readonly noise: number | undefined;
}

/**
 * The value below which such a part of the samples lies, between two of them by a straight line.
 * @param part from 0 to 1
 * @throws when there is no sample
 */
export function quantile(samples: readonly number[], part: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const place = part * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) throw new Error('no sample was taken');
  return below + (above - below) * (place % 1);
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/** @throws when there is no sample */
export function summarise(samples: readonly number[]): Summary {
  const [low, middle, high] = [0.25, 0.5, 0.75].map(part => quantile(samples, part));
  return { median: middle ?? 0, low: low ?? 0, high: high ?? 0, count: samples.length };
}

/**
 * The samples of two competitors, round by round, as one number each. What both went through in a
 * round (other load, a processor that throttles) drops out so. Rounds that only one has do not count.
 */
export function paired(
  these: readonly number[],
  those: readonly number[],
  combine: (one: number, other: number) => number,
): number[] {
  const rounds = Math.min(these.length, those.length);
  return these.slice(0, rounds).map((sample, round) => combine(sample, those[round] ?? 0));
}

export const ratios = (these: readonly number[], those: readonly number[]): number[] =>
  paired(these, those, (one, other) => one / other);

export const differences = (these: readonly number[], those: readonly number[]): number[] =>
  paired(these, those, (one, other) => one - other);

/** @param before, now the samples of one figure in two runs */
export function changeBesideNoise(before: readonly number[], now: readonly number[]): Change {
  const [old, current] = [summarise(before), summarise(now)];
  const change = current.median / old.median - 1;
  if (old.count < 3 || current.count < 3) return { change, noise: undefined };
  // Both may be off by half of what their middle halves span, independently of each other.
  return { change, noise: Math.hypot(uncertainty(old), uncertainty(current)) };
}

const uncertainty = ({ low, high, median: middle }: Summary): number =>
  Math.abs((high - low) / 2 / middle);
