import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedRedis, findEmbeddedRedis } from '../../../src/cluster/embedded';
import {
  type AtQuit,
  eventsPath,
  joinCluster,
  joinWorkers,
  reconfigureCluster,
  type StartOptions,
  startCluster,
  startWorkers,
  stopCluster,
  type WorkersOptions,
  workersRun,
} from '../../../src/cluster/local/cluster';
import { enter, keeperLock, windowsOf } from '../../../src/cluster/local/clusterFolder';
import { identify } from '../../../src/host/process';
import { connect } from '../../../src/queue/connection';
import { drain } from '../../../src/queue/drain';
import { parseHolder } from '../../../src/queue/membership';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { programs } from '../../setup/bundle';
import { startRedis, type TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';

const LONG = 'shell:1:0:0:sleep 600';

const dist = programs();
let folder: string;
/** Stands for the extension host of another window. */
let window_: ChildProcess;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distcomp-cluster-'));
  window_ = spawn('sleep', ['600']);
  await once(window_, 'spawn');
});
afterEach(async () => {
  window_.kill('SIGKILL');
  if (await findEmbeddedRedis(folder)) await stopCluster(folder, 'stop', options().keeper);
  await rm(folder, { recursive: true, force: true });
});

interface Wanted {
  count?: number;
  queue?: string;
  prefetch?: number;
  atQuit?: AtQuit;
  graceMs?: number;
}

function options(wanted: Wanted = {}): StartOptions {
  const { count = 2, queue = 'default', prefetch = 4, atQuit = 'stop', graceMs } = wanted;
  return {
    folder,
    atQuit,
    redisServer: undefined,
    keeper: {
      node: process.execPath,
      keeperBundle: dist.keeper,
      ...(graceMs === undefined ? {} : { graceMs }),
    },
    orderFor: ({ address }) => ({
      count,
      workerBundle: dist.worker,
      node: process.execPath,
      cwd: folder,
      config: {
        redis_host: address.host,
        redis_port: address.port,
        redis_pass: address.password,
        queue,
        prefetch,
        result_dir: join(folder, 'results'),
        max_task_per_worker: 2,
        health_report_interval: 0.2,
      },
    }),
  };
}

/** A cluster of the other window alone, with workers that have registered. */
async function clusterOfTheOther(wanted: Wanted): Promise<EmbeddedRedis> {
  const atQuit = wanted.atQuit ?? 'stop';
  // This process is no window of it: it would never be gone.
  await enter(folder, { process: await identify(window_.pid ?? 0), atQuit });
  const redis = await startCluster(options(wanted));
  await rm(join(folder, `window-${process.pid}.json`));
  await workers(redis, 2);
  return redis;
}

async function withRedis<T>({ address }: EmbeddedRedis, use: (redis: Redis) => Promise<T>) {
  const redis = await connect(address, 'test');
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

const pidsOf = (redis: EmbeddedRedis, queue = 'default') =>
  withRedis(redis, async connection => {
    const registry = await connection.hgetall(new Queue(connection, queue).keys.registry);
    return Object.values(registry)
      .map(holder => parseHolder(holder)?.pid ?? 0)
      .sort();
  });

const workers = (redis: EmbeddedRedis, count: number, queue = 'default') =>
  until(async () => (await pidsOf(redis, queue)).filter(alive).length === count, {
    describe: async () => `${count} workers, now ${await pidsOf(redis, queue)}`,
  });

async function keeperPid(): Promise<number> {
  return (await keeperLock(folder).read())?.value?.process.pid ?? 0;
}

/** What nobody has collected yet (state Z) has ended. */
function alive(pid: number): boolean {
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ') Z';
  return !stat.includes(') Z');
}

const run = (redis: EmbeddedRedis, line: string) =>
  withRedis(redis, async connection => {
    await submit(new Queue(connection, 'default'), [line]);
    const queue = new Queue(connection, 'default');
    await until(async () => (await connection.hexists(queue.keys.inProgress, line)) === 1);
  });

const allGone = (pids: number[]) =>
  until(() => !pids.some(alive), { describe: () => `${pids.filter(alive)} to end` });

describe('a local cluster', () => {
  it('ends with its last window, even one that was killed, and has its tasks afterwards', async () => {
    const redis = await clusterOfTheOther({ graceMs: 500 });
    await run(redis, LONG);
    const all = [...(await pidsOf(redis)), redis.pid, await keeperPid()];
    expect(all.every(alive)).toBe(true);
    window_.kill('SIGKILL');
    await allGone(all);
    const again = await startCluster(options());
    await withRedis(again, async connection => {
      const keys = new Queue(connection, 'default').keys;
      await until(async () => (await connection.hexists(keys.inProgress, LONG)) === 1);
    });
  });

  it('goes on without a window when that is wanted, and tells the next one since when', async () => {
    const redis = await clusterOfTheOther({ atQuit: 'keep', graceMs: 300 });
    const pids = await pidsOf(redis);
    const before = Date.now();
    window_.kill('SIGKILL');
    const since = await until(async () => {
      const note = await readFile(join(folder, 'left.json'), 'utf8');
      return (JSON.parse(note) as { since: number }).since;
    });
    expect(since).toBeGreaterThanOrEqual(before);
    const found = await joinCluster(options());
    expect([found?.redis.pid, found?.leftSince]).toEqual([redis.pid, since]);
    expect(await pidsOf(redis)).toEqual(pids);
    expect((await joinCluster(options()))?.leftSince).toBeUndefined();
    // Else it would go on for ever, whatever later windows want.
    expect(await windowsOf(folder)).toEqual({ here: 1, gone: [] });
  });

  it('is one for two windows: the same Redis, workers and keeper', async () => {
    const [redis, other] = await Promise.all([startCluster(options()), startCluster(options())]);
    await workers(redis, 2);
    expect(other.pid).toBe(redis.pid);
    expect((await joinCluster(options()))?.redis.pid).toBe(redis.pid);
    const found = await withRedis(redis, connection => connection.client('LIST'));
    const names = String(found).match(/(?<=name=)\S+/g) ?? [];
    expect(new Set(await pidsOf(redis)).size).toBe(2);
    // A worker has one connection to change things, and one to hear.
    expect(names.filter(name => name === 'distcomp-worker')).toHaveLength(2);
  });

  it('starts a killed worker again, with no window there to see it', async () => {
    const redis = await clusterOfTheOther({});
    const [first = 0, second = 0] = await pidsOf(redis);
    process.kill(first, 'SIGKILL');
    // Its name stays registered until the next start takes it.
    const told = () => readFile(eventsPath(folder), 'utf8');
    await until(async () => (await told()).includes('"type":"restarted"'));
    await until(async () => !(await pidsOf(redis)).includes(first));
    await workers(redis, 2);
    expect(await pidsOf(redis)).toContain(second);
    expect((await told()).match(/"type":"(ended|restarted)"/g)).toHaveLength(2);
  });

  it('starts workers again that were drained, once a start is asked for', async () => {
    const redis = await startCluster(options());
    await workers(redis, 2);
    const pids = await pidsOf(redis);
    const [one = ''] = await withRedis(redis, async connection => {
      const queue = new Queue(connection, 'default');
      const names = await connection.hkeys(queue.keys.registry);
      await drain(queue, names.slice(0, 1));
      return names;
    });
    await workers(redis, 1);
    // Neither another window nor other settings are a reason.
    await joinCluster(options());
    await reconfigureCluster(options({ prefetch: 0 }), redis);
    const told = () =>
      withRedis(redis, async connection => {
        const details = await connection.hvals(new Queue(connection, 'default').keys.workers);
        return details.map(text => JSON.parse(text).switches.prefetch);
      });
    await until(async () => String(await told()) === '0');
    expect((await pidsOf(redis)).filter(alive)).toHaveLength(1);
    await startCluster(options({ prefetch: 0 }));
    await workers(redis, 2);
    const kept = (await pidsOf(redis)).filter(pid => pids.includes(pid));
    expect(kept, `the one besides ${one}`).toHaveLength(1);
  });

  it('has its workers looked after again when its keeper was killed', async () => {
    const redis = await startCluster(options());
    await workers(redis, 2);
    const pids = await pidsOf(redis);
    const killed = await keeperPid();
    process.kill(killed, 'SIGKILL');
    await allGone([killed]);
    await joinCluster(options());
    expect(await keeperPid()).not.toBe(killed);
    const [first = 0] = pids;
    process.kill(first, 'SIGKILL');
    // Until it is gone it is one of the two.
    await allGone([first]);
    await workers(redis, 2);
    expect(await pidsOf(redis)).toContain(pids[1]);
  });

  it('takes settings over while it runs; more workers join those that are there', async () => {
    const redis = await startCluster(options());
    await workers(redis, 2);
    const pids = await pidsOf(redis);
    await reconfigureCluster(options({ prefetch: 0 }), redis);
    const prefetch = () =>
      withRedis(redis, async connection => {
        const told = await connection.hgetall(new Queue(connection, 'default').keys.workers);
        return Object.values(told).map(text => JSON.parse(text).switches.prefetch);
      });
    await until(async () => String(await prefetch()) === '0,0');
    expect(await pidsOf(redis)).toEqual(pids);
    await reconfigureCluster(options({ prefetch: 0, count: 3 }), redis);
    await workers(redis, 3);
    expect(await pidsOf(redis)).toEqual(expect.arrayContaining(pids));
    await reconfigureCluster(options({ count: 1 }), redis);
    await workers(redis, 1);
  });

  it('lets tasks end when it is drained; settings that change meanwhile do not start it again', async () => {
    const redis = await startCluster(options());
    await workers(redis, 2);
    const flag = join(folder, 'go');
    await run(redis, `shell:1:0:0:while [ ! -e ${flag} ]; do sleep 0.1; done`);
    const all = [...(await pidsOf(redis)), redis.pid, await keeperPid()];
    const stopped = stopCluster(folder, 'drain', options().keeper);
    await until(async () => (await keeperLock(folder).read())?.value?.phase === 'ending');
    await reconfigureCluster(options({ prefetch: 1 }), redis);
    expect(alive(redis.pid)).toBe(true);
    await writeFile(flag, '');
    await stopped;
    await allGone(all);
    expect(await joinCluster(options())).toBeUndefined();
    const again = await startCluster(options());
    const finished = await withRedis(again, connection => connection.hlen('finished_tasks'));
    expect(finished).toBe(1);
  });

  it('is told to stop at once while it drains', async () => {
    const redis = await startCluster(options());
    await workers(redis, 2);
    await run(redis, LONG);
    const drained = stopCluster(folder, 'drain', options().keeper);
    await until(async () => (await keeperLock(folder).read())?.value?.phase === 'ending');
    await stopCluster(folder, 'stop', options().keeper);
    await drained;
    expect(await findEmbeddedRedis(folder)).toBeUndefined();
  });

  it('says what is wrong with the program that is to be its Redis', async () => {
    const starting = startCluster({ ...options(), redisServer: '/bin/true' });
    await expect(starting).rejects.toThrow(
      '/bin/true is no redis-server or valkey-server that runs here. Write the path of one, or none to have one found.',
    );
  });
});

describe('a worker on a Redis that is elsewhere', () => {
  let server: TestRedis;

  beforeEach(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    if (await workersRun(folder)) await stopCluster(folder, 'stop', options().keeper);
    await server.stop();
  });

  function ordered(graceMs?: number, prefetch = 4): WorkersOptions {
    return {
      folder,
      keeper: { ...options().keeper, ...(graceMs === undefined ? {} : { graceMs }) },
      order: {
        count: 1,
        workerBundle: dist.worker,
        node: process.execPath,
        cwd: folder,
        config: { redis_url: server.url, result_dir: join(folder, 'results'), prefetch },
      },
    };
  }

  const queue = () => new Queue(server.client(), 'default');
  const pids = async () =>
    (await server.client().hvals(queue().keys.registry))
      .map(holder => parseHolder(holder)?.pid ?? 0)
      .filter(alive);
  const one = () => until(async () => (await pids()).length === 1);

  it('is one however often it is started, takes settings over, and leaves that Redis as it is', async () => {
    expect(await joinWorkers(ordered())).toBe(false);
    await startWorkers(ordered());
    await one();
    const [pid] = await pids();
    await startWorkers(ordered());
    expect(await joinWorkers(ordered(undefined, 0))).toBe(true);
    await until(async () => {
      const told = await server.client().hvals(queue().keys.workers);
      return told.map(text => JSON.parse(text).switches.prefetch).join() === '0';
    });
    expect(await pids()).toEqual([pid]);
    await stopCluster(folder, 'stop', options().keeper);
    expect(await workersRun(folder)).toBe(false);
    expect(await pids()).toEqual([]);
    expect(await server.client().ping()).toBe('PONG');
  });

  it('ends with its last window, even one that was killed', async () => {
    await enter(folder, { process: await identify(window_.pid ?? 0), atQuit: 'stop' });
    await startWorkers(ordered(500));
    await rm(join(folder, `window-${process.pid}.json`));
    await one();
    const all = [...(await pids()), await keeperPid()];
    window_.kill('SIGKILL');
    await allGone(all);
    expect(await workersRun(folder)).toBe(false);
  });
});
