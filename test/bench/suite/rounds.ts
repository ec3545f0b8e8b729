/** Competitors in turn: A B A B …, after each has run once for nothing. */

/** One run of a competitor: a number a figure. */
export type Sample = Readonly<Record<string, number>>;

export type Competitor = () => Promise<Sample>;

export interface RoundsOptions {
  readonly competitors: Readonly<Record<string, Competitor>>;
  readonly rounds: number;
  /** Default 1: rounds that do not count, for caches and compilers. */
  readonly warmUps?: number;
  /** Those that are too slow for every round: they run in the first one alone, without a warm-up. */
  readonly once?: readonly string[];
  /** Told before each run, for who waits. */
  readonly tell?: (what: string) => void;
}

/** Answers the samples of each competitor by the figure, one a round. */
export async function runInTurn(
  options: RoundsOptions,
): Promise<Record<string, Record<string, number[]>>> {
  const { competitors, rounds, warmUps = 1, once = [], tell } = options;
  const samples: Record<string, Record<string, number[]>> = {};
  for (let round = -warmUps; round < rounds; round++) {
    for (const [name, run] of Object.entries(competitors)) {
      if (once.includes(name) && round !== 0) continue;
      tell?.(round < 0 ? `warm-up: ${name}` : `round ${round + 1} of ${rounds}: ${name}`);
      const sample = await run();
      if (round < 0) continue;
      samples[name] ??= {};
      keep(sample, samples[name]);
    }
  }
  return samples;
}

function keep(sample: Sample, kept: Record<string, number[]>): void {
  for (const [figure, value] of Object.entries(sample)) {
    kept[figure] ??= [];
    kept[figure].push(value);
  }
}
