/**
 * How well workers share a queue until its last task has ended: the makespan over that of list scheduling, which has no
 * latency and knows of each lane the moment that it is free. The policies are the real ones, and the
 * clock is simulated: nothing here depends on the machine.
 */
import { equal, lanesOf, refillTo, unequal } from '../unit/worker/simulation/crews';
import { listScheduleMs } from '../unit/worker/simulation/listSchedule';
import { DURATIONS } from '../unit/worker/simulation/random';
import { type Run, simulate, tasksOf } from '../unit/worker/simulation/simulate';
import { type Bench, benchmark } from './suite/benchmark';
import type { Sample } from './suite/rounds';
import { quantile } from './suite/statistics';

const WORKERS = 32;
const ROUND_TRIP_MS = 20;
const FIXED = 5;
/** Means of durations: about a round trip, and ten. */
const MEANS_MS = [20, 200];
/**
 * Enough for a long middle; and so few that the end is most of it, where a few long tasks that meet slow
 * workers are luck, and it takes many seeds to see the rest. A sample is their 95th percentile.
 */
const LENGTHS = {
  'long queue': { tasksALane: 60, seeds: 12 },
  'short queue': { tasksALane: 6, seeds: 112 },
};
type Length = (typeof LENGTHS)[keyof typeof LENGTHS];

const CREWS = { equal: equal(WORKERS), unequal: unequal(WORKERS) };

type Policy = Pick<Run, 'prefetch' | 'claim'>;

const POLICIES: Readonly<Record<string, Policy>> = {
  'prefetch off': { prefetch: 0 },
  'prefetch on': { prefetch: 4 },
  [`fixed at ${FIXED}`]: { prefetch: FIXED, claim: refillTo(FIXED) },
};

benchmark('Balance', async bench => {
  for (const [name, length] of Object.entries(LENGTHS)) await compare(bench, name, length);
});

const figureOf = (crew: string, meanMs: number) => `${crew}, ${meanMs.toLocaleString('en-US')} ms`;

async function compare(bench: Bench, name: string, length: Length): Promise<void> {
  const { tasksALane, seeds } = length;
  const figures = Object.keys(CREWS).flatMap(crew => MEANS_MS.map(mean => figureOf(crew, mean)));
  const cases = Object.keys(DURATIONS).flatMap(family =>
    Object.entries(POLICIES).map(([policy, how]) => ({ family, policy, how })),
  );
  await bench.contest(name, {
    title: `Makespan, as a multiple of list scheduling's (95th percentile of ${seeds} seeds): ${WORKERS} equal or unequal workers, ${tasksALane} tasks a lane of such a mean duration, a round trip of ${ROUND_TRIP_MS} ms`,
    figures: Object.fromEntries(figures.map(figure => [figure, { unit: '', better: 'less' }])),
    rounds: bench.isFull ? 5 : 1,
    warmUps: 0,
    competitors: Object.fromEntries(
      cases.map(({ family, policy, how }) => {
        let round = 0;
        return [`${family}, ${policy}`, async () => sample(family, length, how, round++)];
      }),
    ),
  });
  for (const family of Object.keys(DURATIONS)) {
    bench.goal({
      says: `prefetch over none in a ${name}: ${family}, ${figureOf('unequal', 200)}`,
      ...{ contest: name, figure: figureOf('unequal', 200), atMost: 1.02 },
      ...{ of: `${family}, prefetch on`, over: `${family}, prefetch off` },
    });
  }
}

/** All policies have the same seeds in a round. */
function sample(family: string, { tasksALane, seeds }: Length, how: Policy, round: number): Sample {
  const found: Record<string, number> = {};
  for (const [crew, workers] of Object.entries(CREWS)) {
    for (const meanMs of MEANS_MS) {
      const durations = DURATIONS[family]?.(meanMs);
      if (durations === undefined) throw new Error(`no distribution is called ${family}`);
      const ratios = Array.from({ length: seeds }, (_, i) => {
        const run: Run = {
          ...{ workers, durations, roundTripMs: ROUND_TRIP_MS, ...how },
          seed: 7919 * (round * seeds + i + 1),
          tasks: tasksALane * lanesOf(workers),
          // All workers are there, idle, and have counted each other.
          submitAtMs: 5000,
        };
        return simulate(run).makespanMs / listScheduleMs(tasksOf(run), workers);
      });
      found[figureOf(crew, meanMs)] = quantile(ratios, 0.95);
    }
  }
  return found;
}
