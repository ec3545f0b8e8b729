/** Queues without commands: what moves tasks, and nothing that runs them. */
import { Queue as BullQueue, Worker as BullWorker } from 'bullmq';
import type { Redis } from 'ioredis';
import { connect } from '../../../src/queue/connection';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { Actor } from '../../setup/actor';
import { OriginalWorker } from '../../setup/original/worker';
import type { TestRedis } from '../../setup/redis';

/**
 * How many tasks a second, and the µs of CPU that each took: of Redis, and of this process. `commands`: how many
 * Redis ran for each, those inside scripts included.
 */
export type Moves = Readonly<Record<'rate' | 'redis' | 'client' | 'commands', number>>;

const line = (at: number) => `shell:0:0:0:true ${at}`;
const linesOf = (count: number) => Array.from({ length: count }, (_, at) => line(at));

/**
 * Measures what moves so many tasks. Redis is empty before.
 * @param prepare what is not measured; answers what is
 */
export async function moves(
  server: TestRedis,
  tasks: number,
  prepare: () => Promise<{ run(): Promise<void>; close(): Promise<void> }>,
): Promise<Moves> {
  const redis = server.client();
  await redis.flushall();
  const { run, close } = await prepare();
  const look = async () => [
    await redisMicroseconds(redis),
    ownMicroseconds(),
    await commandsSoFar(redis),
  ];
  const before = await look();
  const began = performance.now();
  await run();
  const seconds = (performance.now() - began) / 1000;
  const after = await look();
  await close();
  redis.disconnect();
  const [ofRedis = 0, own = 0, commands = 0] = after.map(
    (now, at) => (now - (before[at] ?? 0)) / tasks,
  );
  return { rate: tasks / seconds, redis: ofRedis, client: own, commands };
}

async function commandsSoFar(redis: Redis): Promise<number> {
  const said = await redis.info('commandstats');
  return [...said.matchAll(/:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
}

/** What its main thread took, in which all commands run. */
async function redisMicroseconds(redis: Redis): Promise<number> {
  const said = await redis.info('cpu');
  const of = (kind: string) =>
    Number(new RegExp(`used_cpu_${kind}_main_thread:([\\d.]+)`).exec(said)?.[1]);
  return (of('user') + of('sys')) * 1e6;
}

function ownMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

// Submission ----------------------------------------------------------------------------------------------

/** The least that a queue must do: one HSETNX a line, a thousand in a pipeline. */
export async function rawSubmission(server: TestRedis, tasks: number) {
  const redis = server.client();
  await redis.ping();
  const lines = linesOf(tasks);
  async function run(): Promise<void> {
    for (let first = 0; first < tasks; first += 1000) {
      const pipeline = redis.pipeline();
      for (const one of lines.slice(first, first + 1000)) pipeline.hsetnx('todo_tasks', one, '');
      await pipeline.exec();
    }
  }
  return { run, close: async () => redis.disconnect() };
}

export async function submission(server: TestRedis, tasks: number) {
  const queue = await openQueue(server);
  const lines = linesOf(tasks);
  async function run(): Promise<void> {
    await submit(queue, lines);
  }
  return { run, close: async () => queue.redis.disconnect() };
}

export async function bullSubmission(server: TestRedis, tasks: number) {
  const queue = await openBullQueue(server);
  const jobs = bullJobs(tasks);
  async function run(): Promise<void> {
    for (let first = 0; first < tasks; first += 1000) {
      await queue.addBulk(jobs.slice(first, first + 1000));
    }
  }
  return { run, close: () => queue.close() };
}

// From todo to finished --------------------------------------------------------------------------------------

/** Workers by protocol: each call reports a batch and claims the next. All in this process. */
export async function cycling(server: TestRedis, tasks: number, workers: number, batch: number) {
  const queue = await openQueue(server);
  await submit(queue, linesOf(tasks));
  const actors = await Promise.all(
    Array.from({ length: workers }, async (_, at) =>
      Actor.start(await openQueue(server), `w~${at}`, { lanes: batch }),
    ),
  );
  async function run(): Promise<void> {
    await Promise.all(actors.map(actor => work(actor, batch)));
    const finished = await queue.redis.hlen(queue.keys.finished);
    if (finished !== tasks) throw new Error(`${finished} of ${tasks} tasks are finished`);
  }
  async function close(): Promise<void> {
    for (const { redis } of [queue, ...actors.map(actor => actor.queue)]) redis.disconnect();
  }
  return { run, close };
}

async function work(actor: Actor, batch: number): Promise<void> {
  let lines = await actor.claim(batch);
  while (lines.length > 0) {
    for (const one of lines) actor.finish(one);
    lines = await actor.claim(batch);
  }
}

/** Workers of BullMQ whose processor does nothing, in this process. */
export async function bullWorking(
  server: TestRedis,
  tasks: number,
  workers: number,
  concurrency: number,
) {
  const queue = await openBullQueue(server);
  await queue.addBulk(bullJobs(tasks));
  const connection = { host: '127.0.0.1', port: server.port };
  let left = tasks;
  let done = () => {};
  const all = Array.from({ length: workers }, () => {
    const options = { connection, concurrency, autorun: false };
    const worker = new BullWorker(queue.name, async () => 'done', options);
    worker.on('completed', () => {
      left -= 1;
      if (left === 0) done();
    });
    return worker;
  });
  await Promise.all(all.map(worker => worker.waitUntilReady()));
  async function run(): Promise<void> {
    const ended = new Promise<void>(resolve => {
      done = resolve;
    });
    for (const worker of all) void worker.run();
    await ended;
  }
  async function close(): Promise<void> {
    await Promise.all(all.map(worker => worker.close()));
    await queue.close();
  }
  return { run, close };
}

/** What no queue that calls once for each task can be faster than. */
export async function pinging(server: TestRedis, tasks: number) {
  const { redis } = await openQueue(server);
  async function run(): Promise<void> {
    for (let at = 0; at < tasks; at++) await redis.ping();
  }
  return { run, close: async () => redis.disconnect() };
}

/** The nine round trips of the original for each task, without its pauses: one after the other. */
export async function originalWorking(server: TestRedis, tasks: number) {
  const redis = server.client();
  // It looks at twenty by chance where there are more than a thousand; else at all.
  const todo = linesOf(tasks + 1_001).flatMap(one => [one, '']);
  await redis.hset('todo_tasks', ...todo);
  const worker = new OriginalWorker(redis, 'original', { conf: { max_task_per_worker: 1 } });
  async function run(): Promise<void> {
    for (let ended = 0; ended < tasks; ended++) {
      while (worker.processes.length === 0) await worker.main.step();
      const [process] = worker.processes;
      if (!process) throw new Error('the original started nothing');
      const report = worker.end(process.task.line, { exit: 0 });
      while (await report.step());
    }
  }
  return { run, close: async () => redis.disconnect() };
}

async function openQueue(server: TestRedis): Promise<Queue> {
  return new Queue(await connect({ url: server.url }, 'bench'), 'bench');
}

async function openBullQueue(server: TestRedis): Promise<BullQueue> {
  const queue = new BullQueue('jobs', { connection: { host: '127.0.0.1', port: server.port } });
  await queue.waitUntilReady();
  return queue;
}

const bullJobs = (count: number) =>
  linesOf(count).map(command => ({ name: 'command', data: { command } }));
