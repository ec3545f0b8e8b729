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
  /** Log-normal: half of the tasks are under 0.46 of the mean, one of a thousand over 22 times it. */
  'heavy-tailed': meanMs => random => {
    const sigma = 1.25;
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return meanMs * Math.exp(sigma * normal - sigma ** 2 / 2);
  },
};
