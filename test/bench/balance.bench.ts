/**
 * How well workers share a queue until its last task has ended: the makespan over that of list
 * scheduling, which has no latency and knows of each lane the moment that it is free. The policies are the real ones,
 * the clock is simulated, and each round is another seed: nothing here depends on the machine.
 */
import { equal, lanesOf, refillTo, unequal } from '../unit/worker/simulation/crews';
import { listScheduleMs } from '../unit/worker/simulation/listSchedule';
import { DURATIONS } from '../unit/worker/simulation/random';
import { type Run, simulate, tasksOf } from '../unit/worker/simulation/simulate';
import { type Bench, benchmark } from './suite/benchmark';
import type { Competitor } from './suite/rounds';

const WORKERS = 32;
const ROUND_TRIP_MS = 20;
const FIXED = 5;
/** Means of durations, ms: about a round trip, and ten. */
const MEANS_MS = [20, 200];
/** Enough for a long middle; and so few that the end is most of it. */
const TASKS_A_LANE = [100, 6];

const CREWS = { equal: equal(WORKERS), unequal: unequal(WORKERS) };

const POLICIES: Readonly<Record<string, Pick<Run, 'prefetch' | 'claim'>>> = {
  'prefetch off': { prefetch: 0 },
  'prefetch on': { prefetch: 4 },
  [`fixed at ${FIXED}`]: { prefetch: FIXED, claim: refillTo(FIXED) },
};

const figureOf = (crew: string, meanMs: number) => `${crew} workers, ${meanMs} ms`;

benchmark('Balance', async bench => {
  for (const family of Object.keys(DURATIONS)) {
    for (const tasksALane of TASKS_A_LANE) await compare(bench, family, tasksALane);
  }
});

async function compare(bench: Bench, family: string, tasksALane: number): Promise<void> {
  const name = `${family}, ${tasksALane} tasks a lane`;
  const figures = Object.keys(CREWS).flatMap(crew => MEANS_MS.map(mean => figureOf(crew, mean)));
  await bench.contest(name, {
    title: `Makespan, ${name}, of the mean durations that stand above, ${WORKERS} workers, a round trip of ${ROUND_TRIP_MS} ms`,
    figures: Object.fromEntries(
      figures.map(figure => [figure, { unit: '× list scheduling', better: 'less' }]),
    ),
    rounds: bench.isFull ? 60 : 12,
    warmUps: 0,
    competitors: Object.fromEntries(
      Object.entries(POLICIES).map(([policy, how]) => [policy, rounds(family, tasksALane, how)]),
    ),
  });
  for (const figure of figures) {
    bench.goal({
      says: `prefetch over none: ${name}, ${figure}`,
      ...{ contest: name, figure, of: 'prefetch on', over: 'prefetch off', atMost: 1.02 },
    });
  }
}

/** A competitor whose rounds are seeds; all competitors have the same. */
function rounds(
  family: string,
  tasksALane: number,
  how: Pick<Run, 'prefetch' | 'claim'>,
): Competitor {
  let seed = 0;
  return async () => {
    seed += 7919;
    const sample: Record<string, number> = {};
    for (const [crew, workers] of Object.entries(CREWS)) {
      for (const meanMs of MEANS_MS) {
        const durations = DURATIONS[family]?.(meanMs);
        if (durations === undefined) throw new Error(`no distribution is called ${family}`);
        const run: Run = {
          ...{ seed, workers, durations, roundTripMs: ROUND_TRIP_MS, ...how },
          tasks: tasksALane * lanesOf(workers),
          // All workers are there, idle, and have counted each other.
          submitAtMs: 5000,
        };
        const bound = listScheduleMs(tasksOf(run), workers);
        sample[figureOf(crew, meanMs)] = simulate(run).makespanMs / bound;
      }
    }
    return sample;
  };
}
