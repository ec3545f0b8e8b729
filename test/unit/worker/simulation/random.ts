/** Seeded randomness: a run of the simulation is the same whenever it is repeated. */

/** In [0, 1). */
export type Random = () => number;

/** The generator mulberry32. */
export function seeded(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The duration in ms, on a worker of speed 1, that a part `u` of all tasks do not exceed. */
export type Durations = (u: number) => number;

/** Durations of a mean of about `meanMs`, by the name that the tests print. */
export const DURATIONS: Readonly<Record<string, (meanMs: number) => Durations>> = {
  /** Between half and one and a half of the mean. */
  uniform: meanMs => u => meanMs * (0.5 + u),
  /** Nine of ten are short, one is twenty times as long. */
  bimodal: meanMs => u => (u < 0.9 ? meanMs / 2.9 : (20 * meanMs) / 2.9) * (0.9 + 0.2 * u),
  /** Log-logistic, cut at twenty times the mean: half of the tasks are under 0.41 of the mean. */
  'heavy-tailed': meanMs => u =>
    Math.min((meanMs / 2.42) * (u / (1 - u)) ** (1 / 1.5), 20 * meanMs),
};

/**
 * Durations in random order, the middles of as many equal parts of the distribution: from seed to
 * seed their order changes, not how much work there is or how long the longest task.
 */
export function drawDurations(durations: Durations, count: number, random: Random): number[] {
  const drawn = Array.from({ length: count }, (_, i) => durations((i + 0.5) / count));
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const kept = drawn[last] ?? 0;
    drawn[last] = drawn[other] ?? 0;
    drawn[other] = kept;
  }
  return drawn;
}
