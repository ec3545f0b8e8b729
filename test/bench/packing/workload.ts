/** A mix of small and big tasks, and hosts of several sizes. Pure. */
import { DURATIONS, drawDurations, seeded } from '../../unit/worker/simulation/random';
import type { PackedHost, PackedTask } from './bound';

export interface SubmittedTask extends PackedTask {
  line: string;
  /** Logical time, ms. */
  submitAtMs: number;
  /** It needs all memory of the largest host. */
  isBig: boolean;
}

export const HOSTS: readonly PackedHost[] = [
  { memoryGb: 16, cores: 8 },
  { memoryGb: 16, cores: 8 },
  { memoryGb: 64, cores: 16 },
  { memoryGb: 64, cores: 16 },
  { memoryGb: 128, cores: 32 },
];

/** How often each kind comes among a hundred small tasks. */
const KINDS = [
  { memoryGb: 1, cores: 1, of100: 40 },
  { memoryGb: 2, cores: 2, of100: 20 },
  { memoryGb: 4, cores: 1, of100: 20 },
  { memoryGb: 8, cores: 4, of100: 12 },
  { memoryGb: 24, cores: 4, of100: 6 },
  { memoryGb: 48, cores: 8, of100: 2 },
];
const BIG = { memoryGb: 128, cores: 8 };
const SMALL_MEAN_MS = 120_000;
const BIG_MS = 60_000;

/**
 * The small tasks are there from the beginning, so that no host ever runs out of them before the end;
 * the big ones come one after the other while there are small ones.
 */
export function workload(seed: number, smallCount: number, bigEveryMs: number[]): SubmittedTask[] {
  const random = seeded(seed);
  // Between half and one and a half of the mean: no long task at the end decides how well it went.
  const law = DURATIONS.uniform?.(SMALL_MEAN_MS) ?? (() => SMALL_MEAN_MS);
  const durations = drawDurations(law, smallCount, random);
  const small = durations.map((durationMs, i) => {
    const { memoryGb, cores } = kindAt(100 * random());
    return { ...task({ memoryGb, cores }, durationMs, 0, `small ${i}`), isBig: false };
  });
  const big = bigEveryMs.map((submitAtMs, i) => ({
    ...task(BIG, BIG_MS, submitAtMs, `big ${i}`),
    isBig: true,
  }));
  return [...small, ...big];
}

function kindAt(percent: number): PackedHost {
  let below = 0;
  for (const kind of KINDS) {
    below += kind.of100;
    if (percent < below) return kind;
  }
  throw new RangeError(`no kind at ${percent} %`);
}

/** All of one priority: what goes first is what fits. */
const task = (need: PackedHost, durationMs: number, submitAtMs: number, name: string) => ({
  ...{ ...need, durationMs, submitAtMs },
  line: `shell:1:${need.memoryGb}:${need.cores}:echo ${name}`,
});
