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

/** Draws one duration in ms on a worker of speed 1. */
export type Durations = (random: Random) => number;

/** Durations of a mean of about `meanMs`, by the name that the tests print. */
export const DURATIONS: Readonly<Record<string, (meanMs: number) => Durations>> = {
  /** Between half and one and a half of the mean. */
  uniform: meanMs => random => meanMs * (0.5 + random()),
  /** Nine of ten are short, one is twenty times as long. */
  bimodal: meanMs => {
    const short = meanMs / 2.9;
    return random => (random() < 0.9 ? short : 20 * short) * (0.9 + 0.2 * random());
  },
  /** Pareto of shape 1.5, cut at twenty times the mean: a few tasks are much of the work. */
  'heavy-tailed': meanMs => random =>
    Math.min((meanMs / 2.55) * (1 - random()) ** (-1 / 1.5), 20 * meanMs),
};
