/**
 * From the submission of a task to an idle cluster until its shell runs, beside what no queue can do without: a round
 * trip to Redis, and a start in a lane that is there. And what an idle worker costs meanwhile, with and
 * without messages that wake it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../src/config/schema';
import { submit } from '../../src/queue/submit';
import { Lane } from '../../src/worker/lanes/lane';
import { defaultLaneShell } from '../../src/worker/lanes/laneShell';
import { startRedis } from '../setup/redis';
import { type Distcomp, startDistcomp } from './competitors/distcomp';
import { idleCost } from './competitors/idle';
import { startSignal } from './competitors/startSignal';
import { benchmark } from './suite/benchmark';
import { quantile } from './suite/statistics';

const FIGURES = {
  p50: { unit: 'ms', better: 'less' },
  p99: { unit: 'ms', better: 'less' },
} as const;

/** Between two tasks, ms: the worker has reported by then, and polls ever more seldom. */
const PAUSE_MS = 150;
/** After so long without work a worker that only polls does so every five seconds. */
const UNTIL_SELDOM_MS = 7_000;
/** Node collects the garbage of a worker's start, and compiles what ran often, for so long, at least. */
const UNTIL_TIDY_MS = 60_000;

benchmark('Latency: from submission to start', async bench => {
  const folder = await mkdtemp(join(tmpdir(), 'distcomp-bench-'));
  const server = await startRedis();
  const signal = startSignal(join(folder, 'started'));
  let tasks = 0;
  const begin = async (
    queue: string,
    conf: Partial<Config> = {},
    redis = server,
  ): Promise<Distcomp> => startDistcomp(redis, queue, { max_task_per_worker: 2, ...conf });
  /** Milliseconds until the task of the next number has started. */
  async function start(run: (number: number) => Promise<unknown>): Promise<number> {
    const number = tasks++;
    const began = performance.now();
    const ran = run(number);
    const at = await signal.started(number);
    await ran;
    return at - began;
  }
  const submitTo =
    ({ queue }: Distcomp) =>
    (number: number) =>
      submit(queue, [`shell:0:0:0:${signal.command(number)}`]);
  async function several(count: number, one: () => Promise<number>) {
    const times: number[] = [];
    for (let at = 0; at < count; at++) {
      times.push(await one());
      await sleep(PAUSE_MS);
    }
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  }

  const woken = await begin('woken');
  const polling = await Promise.all(
    [1, 2, 3, 4].map(number => begin(`polling${number}`, { wakeup: false })),
  );
  const lane = await Lane.start(defaultLaneShell(process.env), process.env, folder);
  const inLane = (number: number) =>
    lane.run({
      taskId: `t${number}`,
      worker: 'bench',
      attempt: 1,
      outputBase: join(folder, `o${number}`),
      command: signal.command(number),
      timeoutSeconds: 0,
    });
  try {
    const count = bench.isFull ? 200 : 40;
    await bench.contest('latency', {
      title: 'From submission to the start of the task’s shell, on an idle cluster',
      figures: FIGURES,
      rounds: 3,
      competitors: {
        'a round trip and a lane’s start': () =>
          several(count, () =>
            start(async number => {
              await woken.queue.redis.ping();
              await inLane(number);
            }),
          ),
        DistComp: () => several(count, () => start(submitTo(woken))),
      },
    });
    await bench.contest('polling', {
      title: 'The same without messages that wake, after seven seconds without work',
      figures: FIGURES,
      rounds: bench.isFull ? 20 : 2,
      warmUps: 0,
      competitors: {
        'DistComp, wakeup off': async () => {
          await sleep(UNTIL_SELDOM_MS);
          const times = await Promise.all(polling.map(one => start(submitTo(one))));
          return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
        },
      },
    });
  } finally {
    await lane.retire(1_000);
    signal.close();
    for (const { queue } of [woken, ...polling]) queue.redis.disconnect();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
  await measureIdle();

  async function measureIdle(): Promise<void> {
    const seconds = bench.isFull ? 120 : 40;
    const quiet = await Promise.all([startRedis(), startRedis()]);
    const [waiting, looking] = await Promise.all([
      begin('idle', {}, quiet[0]),
      begin('idle', { wakeup: false }, quiet[1]),
    ]);
    // Our connections are used no more.
    await sleep(UNTIL_TIDY_MS);
    await bench.contest('idle', {
      title: `A worker that has nothing to do, for ${seconds} s`,
      figures: {
        commands: { unit: '/s', better: 'less' },
        worker: { unit: '% of a core', better: 'less' },
        redis: { unit: '% of a core', better: 'less' },
      },
      rounds: 1,
      warmUps: 0,
      competitors: {
        DistComp: () => idleCost(quiet[0], waiting, seconds),
        'DistComp, wakeup off': () => idleCost(quiet[1], looking, seconds),
      },
    });
    for (const { queue } of [waiting, looking]) queue.redis.disconnect();
    await Promise.all(quiet.map(one => one.stop()));
  }

  const latency = { contest: 'latency', of: 'DistComp' };
  bench.goal({
    ...latency,
    says: 'half of the tasks start so soon, beyond round trip and lane',
    figure: 'p50',
    beyond: 'a round trip and a lane’s start',
    atMost: 5,
  });
  bench.goal({ ...latency, says: '99 % of the tasks start so soon', figure: 'p99', atMost: 50 });
  const idle = { contest: 'idle', of: 'DistComp' };
  bench.goal({ ...idle, says: 'commands of an idle worker', figure: 'commands', atMost: 1 });
  bench.goal({ ...idle, says: 'an idle worker', figure: 'worker', atMost: 0.2 });
});
