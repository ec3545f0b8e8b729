/**
 * What prefetch does to the makespan, under a simulated clock: a queue filled at once, until the last
 * report has arrived. Durations, speeds and the times of round trips are drawn from seeds.
 */
import { describe, expect, it } from 'vitest';
import { equal, lanesOf, refillTo, unequal } from './crews';
import { DURATIONS } from './random';
import { type Outcome, type Run, simulate } from './simulate';
import type { WorkerShape } from './simulatedWorker';

const WORKERS = [1, 2, 8, 32, 200];
const ALLOWED = 1.02;

/** Means in ms: of tasks, and of a round trip. From mostly waiting to hardly any. */
const RATIOS = [
  { taskMs: 5, roundTripMs: 5 },
  { taskMs: 200, roundTripMs: 20 },
  { taskMs: 450, roundTripMs: 20 },
];
/** The long ones of these take minutes. */
const LONG = { taskMs: 20_000, roundTripMs: 50 };

/**
 * Simulated tasks of one comparison, which decide on the number of seeds. Where a few long tasks meet
 * slow and fast workers, luck is most of the makespan, and it takes many seeds to see the rest.
 */
const TASKS = 12_000;
const TASKS_WITH_LUCK = 80_000;
/** A queue so short that its end is most of it, and just long enough for a buffer. */
const FEW = 6;
const MOST_SEEDS = 1000;
const FEWEST_SEEDS = 12;

type Setting = Omit<Run, 'seed' | 'prefetch'>;

/** The smallest value that 95 % of all do not exceed. */
function percentile95(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? Number.NaN;
}

function outcomes(setting: Setting, prefetch: number, seeds: number): Outcome[] {
  return Array.from({ length: seeds }, (_, i) =>
    simulate({ ...setting, prefetch, seed: 7919 * (i + 1) }),
  );
}

/** The 95th percentile of makespans over seeds with prefetch, divided by that without. */
function worse(setting: Setting, seeds: number): number {
  const makespan = (prefetch: number) =>
    percentile95(outcomes(setting, prefetch, seeds).map(({ makespanMs }) => makespanMs));
  return makespan(4) / makespan(0);
}

function setting(
  workers: readonly WorkerShape[],
  distribution: string,
  ratio: { taskMs: number; roundTripMs: number },
  tasksPerLane: number,
): Setting {
  const durations = DURATIONS[distribution]?.(ratio.taskMs);
  if (durations === undefined) throw new Error(`no distribution is called ${distribution}`);
  return {
    workers,
    tasks: tasksPerLane * lanesOf(workers),
    durations,
    roundTripMs: ratio.roundTripMs,
    // All workers are there, idle, and have counted each other.
    submitAtMs: 5000,
  };
}

function seedsFor({ tasks }: Setting, luck: boolean): number {
  const seeds = Math.ceil((luck ? TASKS_WITH_LUCK : TASKS) / tasks);
  return Math.min(luck ? MOST_SEEDS : MOST_SEEDS / 10, Math.max(FEWEST_SEEDS, seeds));
}

describe.each(WORKERS)('with %i workers, prefetch is at most 2 % worse than none', count => {
  const cases = Object.keys(DURATIONS).flatMap(distribution => [
    { kind: 'equal', workers: equal(count), distribution },
    { kind: 'unequal', workers: unequal(count), distribution },
  ]);

  it.each(cases)('$kind, durations $distribution', ({ kind, workers, distribution }) => {
    const luck = kind === 'unequal' && distribution !== 'uniform';
    const tasksPerLane = count > 100 ? 10 : 30;
    const found = RATIOS.flatMap(ratio => {
      const many = setting(workers, distribution, ratio, tasksPerLane);
      const few = setting(workers, distribution, ratio, FEW);
      return [
        { ...ratio, tasksPerLane, worse: worse(many, seedsFor(many, luck)) },
        { ...ratio, tasksPerLane: FEW, worse: worse(few, seedsFor(few, luck)) },
      ];
    });
    const long = setting(workers, distribution, LONG, 3);
    found.push({ ...LONG, tasksPerLane: 3, worse: worse(long, count > 100 ? 2 : 5) });
    expect(found.filter(({ worse }) => !(worse <= ALLOWED))).toEqual([]);
  });
});

describe('prefetch beside what could disturb it', () => {
  const short = { taskMs: 200, roundTripMs: 20 };

  it('is no worse right after all workers have started, when nobody knows how many there are', () => {
    const cold = { ...setting(equal(32), 'uniform', short, 4), submitAtMs: 0 };
    expect(worse(cold, 20)).toBeLessThanOrEqual(ALLOWED);
  });

  it.each(Object.keys(DURATIONS))('is no worse without wake-ups, durations %s', distribution => {
    const polling = { ...setting(equal(8), distribution, short, 20), wakeup: false };
    expect(worse(polling, 40)).toBeLessThanOrEqual(ALLOWED);
  });

  it('would be worse as "refill to 5": the comparison sees what it should', () => {
    const few = setting(equal(32), 'bimodal', short, FEW);
    expect(worse({ ...few, claim: refillTo(5) }, 20)).toBeGreaterThan(ALLOWED);
  });
});

describe('prefetch where tasks are about as short as a round trip', () => {
  const short = { taskMs: 20, roundTripMs: 20 };

  it.each([1, 8, 32])('halves the time in which lanes of %i workers have nothing to run', count => {
    const many = setting(equal(count), 'uniform', short, 200);
    const [on, off] = [4, 0].map(prefetch => outcomes(many, prefetch, 3));
    for (const [i, without] of (off ?? []).entries()) {
      const having = on?.[i];
      expect(without.idle).toBeGreaterThan(0.5);
      expect(having?.idle).toBeLessThan(0.25);
      expect(having?.makespanMs).toBeLessThan(0.7 * without.makespanMs);
    }
  });
});
