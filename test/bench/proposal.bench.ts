/**
 * What each optimisation of the proposal is worth, by itself and beside the others, near Redis and far
 * from it, for short tasks and long ones. `npm run bench:proposal`.
 *
 * The worker is the real one, in this process, with an executor whose attempts only take their time: so what is
 * measured is not how fast this machine starts processes. What lanes are worth is measured with shells.
 */
import { Redis } from 'ioredis';
import { LanePool } from '../../src/worker/lanes/pool';
import { SpawnExecutor } from '../../src/worker/lanes/spawnExecutor';
import { type LongWay, longWay } from '../setup/longWay';
import { startRedis, type TestRedis } from '../setup/redis';
import { SimulatedExecutor } from '../setup/simulatedExecutor';
import { rateOf } from './proposal/cell';
import { type Configuration, configurations, WITHOUT_LANES } from './proposal/configurations';
import { COMMANDS_A_TASK, inOnePipeline, oneAfterTheOther } from './proposal/roundTrips';
import type { Window } from './proposal/steadyRate';
import { type Bench, benchmark } from './suite/benchmark';
import type { Competitor, Sample } from './suite/rounds';

const LANES = 32;
const LANES_WITH_SHELLS = 8;
/** Shorter than the default, so that a cell is warm soon: a buffer begins with the second heartbeat. */
const HEARTBEAT_SECONDS = 1;
const WARM_UP_MS = 1200;
/** From the second claim to the third; the first comes at once. */
const ONE_POLL: Window = { warmUpMs: 500, leastMs: 1500 };
/** As fast as any cell gets, tasks a second. */
const FASTEST = 15_000;
const ROUND_TRIPS_MS = 600;

benchmark("The proposal's optimisations", async bench => {
  const server = await startRedis();
  const way = await longWay(server.port);
  try {
    const place = new Place(server, way);
    await distance(bench, place);
    await table(bench, place);
    await lanes(bench, place);
    await pipelineItself(bench, place);
  } finally {
    await way.close();
    await server.stop();
  }
});

/** How the worker reaches Redis. */
class Place {
  constructor(
    readonly server: TestRedis,
    private readonly way: LongWay,
  ) {}

  /** A port to which a round trip takes so long. */
  port(roundTripMs: number): number {
    if (roundTripMs === 0) return this.server.port;
    this.way.delayMs = roundTripMs;
    return this.way.port;
  }
}

const tasksOf = (taskMs: number) => `tasks of ${taskMs.toLocaleString('en-US')} ms`;
const away = (roundTripMs: number) => `${roundTripMs} ms away`;

/** Most that a cell could start until it is measured. */
function tasksFor(taskMs: number, lanes: number, ms: number): number {
  const most = Math.min(FASTEST, (lanes * 1000) / Math.max(taskMs, 1));
  return Math.ceil((most * (ms + 1500)) / 1000) + lanes;
}

function rate(
  place: Place,
  { on, conf }: Configuration,
  { roundTripMs, taskMs }: { roundTripMs: number; taskMs: number },
): Promise<number> {
  const window = on.has('adaptive polling')
    ? { warmUpMs: WARM_UP_MS, leastMs: Math.max(800, 2.5 * taskMs) }
    : ONE_POLL;
  return rateOf({
    ...{ url: place.server.url, port: place.port(roundTripMs), window },
    conf: workerConf(LANES, conf),
    executor: () => new SimulatedExecutor(taskMs),
    tasks: tasksFor(taskMs, LANES, window.warmUpMs + window.leastMs),
  });
}

const workerConf = (lanes: number, conf: Record<string, unknown>) => ({
  max_task_per_worker: lanes,
  health_report_interval: HEARTBEAT_SECONDS,
  min_dram_gb_accept_new_task: 0,
  min_dram_gb_trigger_return: 0,
  ...conf,
});

/** Whether it matters how far away Redis is. */
async function distance(bench: Bench, place: Place): Promise<void> {
  const taskMs = 100;
  const allOn = configurations(WITHOUT_LANES).find(({ name }) => name === 'all on');
  if (!allOn) throw new Error('no configuration is called "all on"');
  await bench.contest('distance', {
    title: `All on, ${LANES} lanes, ${tasksOf(taskMs)}`,
    figures: { rate: { unit: 'tasks/s', better: 'more' } },
    reference: away(0),
    rounds: 3,
    warmUps: 0,
    competitors: Object.fromEntries(
      [0, 10, 50].map(roundTripMs => [
        away(roundTripMs),
        async () => ({ rate: await rate(place, allOn, { roundTripMs, taskMs }) }),
      ]),
    ),
  });
  bench.goal({
    says: `the rate at a round trip of 50 ms, over that at 0 ms, with ${tasksOf(taskMs)}`,
    ...{ contest: 'distance', figure: 'rate', of: away(50), over: away(0), atLeast: 0.95 },
  });
}

async function table(bench: Bench, place: Place): Promise<void> {
  const roundTrips = bench.isFull ? [0, 1, 10, 50] : [0, 50];
  const tasks = bench.isFull ? [0, 10, 100, 1000] : [0, 100];
  const all = configurations(WITHOUT_LANES);
  for (const roundTripMs of roundTrips) {
    await bench.contest(away(roundTripMs), {
      title: `Redis ${away(roundTripMs)}, ${LANES} lanes`,
      figures: Object.fromEntries(
        tasks.map(taskMs => [tasksOf(taskMs), { unit: 'tasks/s', better: 'more' }]),
      ),
      reference: 'all off',
      rounds: 2,
      warmUps: 0,
      // The pace of polls is not left to chance, and they take long.
      once: all.filter(({ on }) => !on.has('adaptive polling')).map(({ name }) => name),
      competitors: Object.fromEntries(
        all.map(configuration => [
          configuration.name,
          async () => {
            const sample: Record<string, number> = {};
            for (const taskMs of tasks) {
              sample[tasksOf(taskMs)] = await rate(place, configuration, { roundTripMs, taskMs });
            }
            return sample;
          },
        ]),
      ),
    });
    bench.goal({
      says: `all on over all off, Redis ${away(roundTripMs)}, ${tasksOf(0)}`,
      ...{ contest: away(roundTripMs), figure: tasksOf(0), of: 'all on', over: 'all off' },
      atLeast: 10,
    });
  }
}

/** With shells, since a lane is nothing without one. */
async function lanes(bench: Bench, place: Place): Promise<void> {
  const compared = ['all off', 'lanes alone', 'all but lanes', 'all on'];
  const all = configurations([...WITHOUT_LANES, 'lanes']);
  const run =
    ({ on, conf }: Configuration): Competitor =>
    async () => ({
      rate: await rateOf({
        ...{ url: place.server.url, port: place.port(0) },
        conf: workerConf(LANES_WITH_SHELLS, conf),
        executor: cwd =>
          new (on.has('lanes') ? LanePool : SpawnExecutor)({
            ...{ instance: 'bench', cwd, maxOutputBytes: 1e6, keepBackgroundProcesses: false },
          }),
        tasks: 5000,
        window: on.has('adaptive polling') ? { warmUpMs: WARM_UP_MS, leastMs: 2000 } : ONE_POLL,
      }),
    });
  await bench.contest('lanes', {
    title: `\`echo\` by a shell, Redis ${away(0)}, ${LANES_WITH_SHELLS} lanes`,
    figures: { rate: { unit: 'tasks/s', better: 'more' } },
    reference: 'all off',
    rounds: 2,
    warmUps: 0,
    once: ['all off', 'lanes alone'],
    competitors: Object.fromEntries(
      all
        .filter(({ name }) => compared.includes(name))
        .map(configuration => [configuration.name, run(configuration)]),
    ),
  });
}

async function pipelineItself(bench: Bench, place: Place): Promise<void> {
  const roundTrips = [0, 1, 10, 50];
  const ways = { 'one after the other': oneAfterTheOther, 'in one pipeline': inOnePipeline };
  const run =
    (send: typeof inOnePipeline): Competitor =>
    async () => {
      const sample: Record<string, number> = {};
      for (const roundTripMs of roundTrips) {
        const redis = new Redis({ port: place.port(roundTripMs) });
        await redis.flushall();
        sample[away(roundTripMs)] = await send(redis, ROUND_TRIPS_MS);
        redis.disconnect();
      }
      return sample satisfies Sample;
    };
  await bench.contest('pipeline', {
    title: `${COMMANDS_A_TASK} commands for each task, and nothing else`,
    figures: Object.fromEntries(
      roundTrips.map(roundTripMs => [away(roundTripMs), { unit: 'tasks/s', better: 'more' }]),
    ),
    reference: 'one after the other',
    rounds: 2,
    competitors: Object.fromEntries(Object.entries(ways).map(([name, send]) => [name, run(send)])),
  });
}
