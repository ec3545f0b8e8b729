/**
 * What a queue costs its Redis: on one server, and on a cluster of three whose queues lie on different nodes.
 *
 * Two cores cannot run three servers at full speed beside their load, so rates on the wall clock say little about more
 * machines. What holds on any of them is the server's own time a task: it is what is measured.
 */
import type { Redis } from 'ioredis';
import { connect, type RedisConnection } from '../../src/queue/connection';
import { counts } from '../../src/queue/counts';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { Actor } from '../setup/actor';
import { startRedis, type TestRedis } from '../setup/redis';
import { startRedisCluster } from '../setup/redisCluster';
import { until } from '../setup/until';
import { startWorker } from '../setup/workers';
import { benchmark, type ContestOptions } from './suite/benchmark';
import { ownMs } from './suite/cpu';
import type { Contest } from './suite/results';
import { median } from './suite/statistics';

/** Where queues are, and what their names are there. */
interface Place {
  servers: readonly TestRedis[];
  redis: RedisConnection;
  /** For conf.json. */
  conf: Readonly<Record<string, unknown>>;
  names: readonly string[];
}

/** Tasks that a worker reports and claims in one call. */
const A_CALL = 8;
const WORKERS_A_QUEUE = 8;

/** How long a real worker is watched, ms: several heartbeats and polls. */
const WATCH_MS = 10_000;
/** Until an idle worker polls no more seldom, ms. */
const SETTLE_MS = 10_000;

benchmark('Several servers: what a queue costs its Redis', async bench => {
  const size = bench.isFull ? 10 : 1;
  const [server, cluster] = await Promise.all([
    startRedis(),
    startRedisCluster({ withReplica: false }),
  ]);
  const names = (await Promise.all([0, 1, 2].map(node => cluster.queuesOn(node, 1)))).flat();
  const [name = ''] = names;
  const one: Place = {
    servers: [server],
    redis: await connect({ url: server.url }, 'bench'),
    conf: { redis_url: server.url },
    names: [name],
  };
  const all: Place = {
    servers: cluster.servers,
    redis: await connect({ cluster: cluster.nodes }, 'bench'),
    conf: { redis_cluster: cluster.nodes },
    names,
  };
  try {
    const tasks = await bench.contest('tasks', {
      title: `Tasks that do nothing, claimed and reported ${A_CALL} at a time by ${WORKERS_A_QUEUE} simulated workers a queue`,
      figures: {
        redis: { unit: 'µs of Redis a task', better: 'less' },
        capacity: { unit: 'tasks/s a core of Redis', better: 'more' },
        rate: { unit: 'tasks/s here', better: 'more' },
        nodes: { unit: 'nodes at work', better: 'more' },
      },
      reference: 'one Redis',
      rounds: bench.isFull ? 9 : 3,
      competitors: {
        'one Redis': () => workOff(one, 6_000 * size),
        'cluster, one queue': () => workOff({ ...all, names: [name] }, 6_000 * size),
        'cluster, three queues': () => workOff(all, 2_000 * size),
      },
    });
    const memory = await bench.contest('memory', {
      title: 'Memory of a task in Redis, with a line of 60 characters and a result of ten',
      figures: {
        waiting: { unit: 'bytes in todo', better: 'less' },
        finished: { unit: 'bytes finished', better: 'less' },
      },
      rounds: 1,
      warmUps: 0,
      competitors: {
        'one Redis': () => memoryOf(one, 20_000 * size),
        cluster: () => memoryOf({ ...all, names: [name] }, 20_000 * size),
      },
    });
    const workers = await bench.contest('workers', {
      title: `A real worker, watched for ${WATCH_MS / 1000} s`,
      figures: {
        calls: { unit: 'calls/s', better: 'less' },
        commands: { unit: 'commands/s', better: 'less' },
        bytes: { unit: 'bytes/s', better: 'less' },
        redis: { unit: 'µs/s of Redis', better: 'less' },
        connections: { unit: 'connections', better: 'less' },
      },
      rounds: bench.isFull ? 5 : 1,
      warmUps: 0,
      competitors: {
        'nobody, one Redis': () => watch(one, 'nobody'),
        'idle, one Redis': () => watch(one, 'idle'),
        'busy, one Redis': () => watch(one, 'busy'),
        'nobody, cluster': () => watch(all, 'nobody'),
        'idle, cluster': () => watch(all, 'idle'),
        'busy, cluster': () => watch(all, 'busy'),
      },
    });
    const crowd = await bench.contest('crowd', {
      title: 'Calls of one worker among many on one queue',
      figures: {
        heartbeat: { unit: 'µs of Redis', better: 'less' },
        poll: { unit: 'µs of Redis', better: 'less' },
      },
      rounds: bench.isFull ? 5 : 1,
      warmUps: 0,
      competitors: Object.fromEntries(
        [10, 300, 3_000].map(count => [`${count} workers`, () => callsAmong(one, count)]),
      ),
    });
    await bench.contest('hosts', onPaper({ tasks, memory, workers, crowd }));
  } finally {
    one.redis.disconnect();
    all.redis.disconnect();
    await Promise.all([server.stop(), cluster.stop()]);
  }
});

const clients = new Map<TestRedis, Redis>();

/** One for all looks: what they hold counts as little as it can. */
function clientOf(server: TestRedis): Redis {
  const client = clients.get(server) ?? server.client();
  clients.set(server, client);
  return client;
}

const cpuOf = ({ servers }: Place): number[] => servers.map(({ pid }) => ownMs(pid));

async function flush({ servers }: Place): Promise<void> {
  for (const server of servers) await clientOf(server).flushall();
}

/** Each queue is worked off; claims and reports are the same calls as a worker's. */
async function workOff(place: Place, each: number): Promise<Record<string, number>> {
  await flush(place);
  const queues = place.names.map(name => new Queue(place.redis, name));
  const crews = await Promise.all(
    queues.map(async queue => {
      for (let from = 0; from < each; from += 1000) {
        await submit(queue, linesFrom(from, Math.min(1000, each - from)));
      }
      const slots = Array.from({ length: WORKERS_A_QUEUE }, (_, i) => `w~${i + 1}`);
      return Promise.all(slots.map(slot => Actor.start(queue, slot, { lanes: A_CALL })));
    }),
  );
  const before = cpuOf(place);
  const began = performance.now();
  await Promise.all(crews.flat().map(work));
  const seconds = (performance.now() - began) / 1000;
  const used = cpuOf(place).map((ms, i) => ms - (before[i] ?? 0));
  const tasks = each * queues.length;
  for (const queue of queues) {
    const { finished } = await counts(queue);
    if (finished !== each) throw new Error(`${finished} of ${each} tasks were finished`);
  }
  const redis = (used.reduce((sum, ms) => sum + ms, 0) * 1000) / tasks;
  // What keeps a cluster together takes a little of every node.
  const atWork = used.filter(ms => ms > Math.max(...used) / 4).length;
  return { redis, capacity: 1_000_000 / redis, rate: tasks / seconds, nodes: atWork };
}

async function work(actor: Actor): Promise<void> {
  for (;;) {
    const claimed = await actor.claim(A_CALL);
    for (const line of claimed) actor.finish(line, 'ten letters');
    if (claimed.length > 0) continue;
    return;
  }
}

/** Lines as those of a sweep. */
const linesFrom = (from: number, count: number): string[] =>
  Array.from(
    { length: count },
    (_, i) => `shell:1:0:1:./simulate --seed ${String(from + i).padStart(8, '0')} --out results`,
  );

async function memoryOf(place: Place, tasks: number): Promise<Record<string, number>> {
  await flush(place);
  const [name = ''] = place.names;
  const queue = new Queue(place.redis, name);
  const empty = await usedMemory(place);
  for (let from = 0; from < tasks; from += 1000) await submit(queue, linesFrom(from, 1000));
  const waiting = (await usedMemory(place)) - empty;
  await work(await Actor.start(queue, 'w~1', { lanes: A_CALL }));
  const finished = (await usedMemory(place)) - empty;
  return { waiting: waiting / tasks, finished: finished / tasks };
}

async function usedMemory({ servers }: Place): Promise<number> {
  const infos = await Promise.all(servers.map(server => clientOf(server).info('memory')));
  return infos.reduce((sum, info) => sum + numberIn(info, 'used_memory'), 0);
}

/** What workers of whom nothing is to be done cost, once all of them are registered. */
async function callsAmong(place: Place, count: number): Promise<Record<string, number>> {
  await flush(place);
  const [name = ''] = place.names;
  const queue = new Queue(place.redis, name);
  await submit(queue, linesFrom(0, 1));
  const actors = await Promise.all(
    Array.from({ length: count }, (_, i) => Actor.start(queue, `host${i}~1`)),
  );
  await actors[0]?.claim(1);
  const perCall = async (call: (actor: Actor) => Promise<unknown>) => {
    const calls = 3_000;
    const [before = 0] = cpuOf(place);
    for (let n = 0; n < calls; n++) {
      const actor = actors[n % count];
      if (actor) await call(actor);
    }
    const [after = 0] = cpuOf(place);
    return ((after - before) * 1000) / calls;
  };
  return {
    heartbeat: await perCall(actor => actor.renew()),
    poll: await perCall(actor => actor.claim(A_CALL)),
  };
}

/** Nobody; or a worker whose one lane is idle, or has a task of a second after the other. */
async function watch(
  place: Place,
  what: 'nobody' | 'idle' | 'busy',
): Promise<Record<string, number>> {
  await flush(place);
  const [name = ''] = place.names;
  const queue = new Queue(place.redis, name);
  const before = (await lookAt(place)).connections;
  // The heartbeat of a worker of which nothing else is said, where tests have a faster one.
  const beats = { health_report_interval: 2, worker_dead_seconds: 30 };
  const conf = { ...place.conf, ...beats, queue: name, max_task_per_worker: 1 };
  const worker = what === 'nobody' ? undefined : await startWorker({ conf });
  if (worker && (await counts(queue)).workers !== 1) throw new Error(worker.log());
  if (what === 'busy') {
    await submit(
      queue,
      Array.from({ length: 200 }, (_, i) => `shell:1:0:0:sleep 1; echo ${i}`),
    );
  }
  if (what === 'busy') await until(async () => (await counts(queue)).finished > 1);
  // Polls grow to their longest pause.
  else await pause(SETTLE_MS);
  const first = await lookAt(place);
  const from = await lookAt(place);
  const began = performance.now();
  await pause(WATCH_MS);
  const to = await lookAt(place);
  const seconds = (performance.now() - began) / 1000;
  worker?.signal('SIGKILL');
  await worker?.ended;
  const rate = (figure: 'calls' | 'commands' | 'bytes' | 'cpu') =>
    // A look has answers that count too.
    Math.max(0, to[figure] - from[figure] - (from[figure] - first[figure])) / seconds;
  return {
    calls: rate('calls'),
    commands: rate('commands'),
    bytes: rate('bytes'),
    redis: rate('cpu') * 1000,
    connections: to.connections - before,
  };
}

const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms));

/** What a look asks for itself does not count. */
const OWN = new Set(['info', 'config', 'flushall', 'cluster', 'hello', 'client']);
/** What a client calls; the rest of what runs is within scripts. */
const CALLS = new Set(['evalsha', 'eval', 'ping', 'subscribe']);

async function lookAt(place: Place) {
  const infos = await Promise.all(place.servers.map(server => clientOf(server).info()));
  const stats = await Promise.all(
    place.servers.map(server => clientOf(server).info('commandstats')),
  );
  const sums = { calls: 0, commands: 0, bytes: 0, cpu: 0, connections: 0 };
  for (const info of infos) {
    sums.bytes +=
      numberIn(info, 'total_net_input_bytes') + numberIn(info, 'total_net_output_bytes');
    sums.connections += numberIn(info, 'connected_clients');
  }
  for (const [, command = '', calls] of stats
    .join('\n')
    .matchAll(/^cmdstat_([^:|]+)[^:]*:calls=(\d+)/gm)) {
    if (OWN.has(command)) continue;
    sums.commands += Number(calls);
    if (CALLS.has(command)) sums.calls += Number(calls);
  }
  sums.cpu = cpuOf(place).reduce((sum, ms) => sum + ms, 0);
  return sums;
}

const numberIn = (info: string, field: string): number =>
  Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);

const LANES = 64;
const TASK_SECONDS = 600;
/** That wait or have ended, for each lane. */
const TASKS_A_LANE = 100;

/** Hosts with a worker each, and what was measured above, multiplied. */
function onPaper(
  measured: Record<'tasks' | 'memory' | 'workers' | 'crowd', Contest>,
): ContestOptions {
  const of = (contest: keyof typeof measured, competitor: string, figure: string): number =>
    median(measured[contest].competitors[competitor]?.[figure] ?? []);
  const calls = of('workers', 'idle, one Redis', 'calls');
  const bytes = of('workers', 'idle, one Redis', 'bytes');
  // As if each call were a heartbeat among 3,000 workers.
  const callMicros = of('crowd', '3000 workers', 'heartbeat');
  const taskMicros = of('tasks', 'one Redis', 'redis');
  const project = (hosts: number) => {
    const tasks = (hosts * LANES) / TASK_SECONDS;
    const cores = (hosts * calls * callMicros + tasks * taskMicros) / 1_000_000;
    return {
      tasks,
      calls: hosts * calls,
      cores,
      nodes: Math.ceil(cores / 0.5),
      memory: (hosts * LANES * TASKS_A_LANE * of('memory', 'one Redis', 'finished')) / 1e9,
      connections: hosts * of('workers', 'idle, one Redis', 'connections'),
      traffic: (hosts * bytes * 8) / 1e6,
    };
  };
  return {
    title: `On paper: hosts with ${LANES} lanes, tasks of ${TASK_SECONDS / 60} minutes, ${TASKS_A_LANE} tasks a lane`,
    figures: {
      tasks: { unit: 'a second', better: 'more' },
      calls: { unit: 'a second', better: 'less' },
      cores: { unit: 'of Redis', better: 'less' },
      nodes: { unit: 'half busy', better: 'less' },
      memory: { unit: 'GB', better: 'less' },
      connections: { unit: '', better: 'less' },
      traffic: { unit: 'Mbit/s idle', better: 'less' },
    },
    rounds: 1,
    warmUps: 0,
    competitors: Object.fromEntries(
      [100, 1_000, 10_000, 100_000].map(hosts => [
        `${hosts.toLocaleString('en-US')} hosts`,
        async () => project(hosts),
      ]),
    ),
  };
}
