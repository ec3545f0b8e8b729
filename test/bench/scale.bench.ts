/** Whether anything becomes slower or takes more memory as a queue grows: in tasks, in buckets, in workers. */
import { connect } from '../../src/queue/connection';
import { DEFAULT_QUEUE } from '../../src/queue/keys';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { Actor } from '../setup/actor';
import { enqueue, taskOf } from '../setup/enqueue';
import { startRedis, type TestRedis } from '../setup/redis';
import { fillWholeQueue } from '../setup/wholeQueue';
import { CALLS, timeCall, timeClaims } from './scale/calls';
import { submitManyLines, taskLine } from './scale/submission';
import { type Bench, benchmark } from './suite/benchmark';
import type { Competitor, Sample } from './suite/rounds';

const ROUNDS = 5;
const count = (n: number, what: string) =>
  `${n.toLocaleString('en-US')} ${n === 1 ? what : `${what}s`}`;

benchmark('Scale', async bench => {
  await withServers(async start => {
    await inTasks(bench, start);
  });
  await withServers(async start => {
    await inBuckets(bench, start);
  });
  await withServers(async start => {
    await inWorkers(bench, start);
  });
  await withServers(async start => {
    await submission(bench, await start());
    await memory(bench, await start());
  });
});

interface Server {
  server: TestRedis;
  queue: Queue;
}

type Start = () => Promise<Server>;

async function withServers(use: (start: Start) => Promise<void>): Promise<void> {
  const servers: Server[] = [];
  try {
    await use(async () => {
      const server = await startRedis();
      const queue = new Queue(await connect({ url: server.url }, 'bench'), DEFAULT_QUEUE);
      servers.push({ server, queue });
      return { server, queue };
    });
  } finally {
    for (const { server, queue } of servers) {
      queue.redis.disconnect();
      await server.stop();
    }
  }
}

const MS = { unit: 'ms', better: 'less' } as const;
const millisecondsOf = (figures: readonly string[]) =>
  Object.fromEntries(figures.map(figure => [figure, MS]));

async function inTasks(bench: Bench, start: Start): Promise<void> {
  const sizes = bench.isFull ? [1_000, 10_000, 100_000, 1_000_000] : [1_000, 100_000, 1_000_000];
  const figures = ['claim', 'report', ...Object.keys(CALLS)];
  const competitors: Record<string, Competitor> = {};
  for (const size of sizes) {
    bench.tell(`filling a queue with ${count(size, 'task')}`);
    const { queue } = await start();
    const [failed, inProgress] = [size / 20, Math.min(size / 20, 5_000)];
    const finished = Math.floor(size / 4);
    const todo = size - failed - inProgress - finished;
    await fillWholeQueue(queue.redis, { todo, in_progress: inProgress, failed, finished });
    const worker = await Actor.start(queue, 'bench~1');
    await worker.claim(1);
    competitors[count(size, 'task')] = async () => {
      const sample: Record<string, number> = { ...(await timeClaims(worker)) };
      for (const [name, call] of Object.entries(CALLS)) {
        sample[name] = await timeCall(call, queue, worker);
      }
      return sample;
    };
  }
  await bench.contest('tasks', {
    title: 'With so many tasks in all states, and 200 workers; rows are 100 a page',
    ...{ figures: millisecondsOf(figures), rounds: ROUNDS, competitors },
  });
  for (const figure of figures) {
    bench.goal({
      says: `${figure}: a million tasks over a hundred thousand`,
      ...{ contest: 'tasks', figure, atMost: 1.3 },
      ...{ of: count(1_000_000, 'task'), over: count(100_000, 'task') },
    });
  }
}

async function inBuckets(bench: Bench, start: Start): Promise<void> {
  const tasks = 100_000;
  const competitors: Record<string, Competitor> = {};
  for (const buckets of [1, 100, 10_000]) {
    const { queue } = await start();
    await submit(queue, [taskOf(0, buckets)]);
    await enqueue(queue, 1, tasks, buckets);
    const worker = await Actor.start(queue, 'bench~1');
    competitors[count(buckets, 'bucket')] = async () => ({
      ...(await timeClaims(worker)),
      ...(await timeCalls(['overview', 'page of todo'], queue, worker)),
    });
  }
  await bench.contest('buckets', {
    title: `${count(tasks, 'task')}, in so many kinds of priority, memory and cores`,
    figures: millisecondsOf(['claim', 'report', 'overview', 'page of todo']),
    ...{ rounds: ROUNDS, competitors },
  });
}

async function inWorkers(bench: Bench, start: Start): Promise<void> {
  const competitors: Record<string, Competitor> = {};
  for (const workers of [1, 10, 100, 1000]) {
    const { queue } = await start();
    await submit(queue, [taskOf(0, 1)]);
    await enqueue(queue, 1, 20_000, 1);
    const actors: Actor[] = [];
    for (let i = 1; i <= workers; i++) {
      const actor = await Actor.start(queue, `w${i}~1`);
      await actor.claim(8);
      actors.push(actor);
    }
    const [worker] = actors;
    if (!worker) throw new Error('no worker was started');
    competitors[count(workers, 'worker')] = async () => ({
      ...(await timeClaims(worker)),
      heartbeat: await timeCall(() => worker.renew(), queue, worker),
      ...(await timeCalls(['overview', 'of in progress', 'workers'], queue, worker)),
    });
  }
  await bench.contest('workers', {
    title: 'With so many workers, 8 tasks in progress on each',
    figures: millisecondsOf([
      ...['claim', 'report', 'heartbeat', 'overview', 'of in progress', 'workers'],
    ]),
    ...{ rounds: ROUNDS, competitors },
  });
}

async function timeCalls(names: readonly string[], queue: Queue, worker: Actor): Promise<Sample> {
  const sample: Record<string, number> = {};
  for (const name of names) {
    const call = CALLS[name];
    if (!call) throw new Error(`no call is named ${name}`);
    sample[name] = await timeCall(call, queue, worker);
  }
  return sample;
}

async function submission(bench: Bench, { server, queue }: Server): Promise<void> {
  const run =
    (lines: number): Competitor =>
    async () => {
      await queue.redis.flushall();
      const { linesPerSecond, peakMb } = await submitManyLines(server.url, lines);
      const found = await queue.redis.hlen(queue.keys.todo);
      if (found !== lines) throw new Error(`${found} of ${lines} lines are in the queue`);
      return { rate: linesPerSecond, 'peak memory': peakMb };
    };
  const [small, large] = [count(100_000, 'line'), count(1_000_000, 'line')];
  await bench.contest('submission', {
    title: '`distcomp submit` of a file',
    figures: {
      rate: { unit: 'lines/s', better: 'more' },
      'peak memory': { unit: 'MB', better: 'less' },
    },
    ...{ rounds: bench.isFull ? 3 : 1, warmUps: 0 },
    competitors: { [small]: run(100_000), [large]: run(1_000_000) },
  });
  bench.goal({
    says: 'peak memory of the program: a million lines over a hundred thousand',
    ...{ contest: 'submission', figure: 'peak memory', of: large, over: small, atMost: 1.3 },
  });
}

/** By the way that tasks go: submitted, then claimed and reported. */
async function memory(bench: Bench, { queue }: Server): Promise<void> {
  const tasks = bench.isFull ? 1_000_000 : 50_000;
  const bytes = async () =>
    Number(/^used_memory:(\d+)/m.exec(await queue.redis.info('memory'))?.[1]);
  const fill = async () => {
    await queue.redis.flushall();
    const before = await bytes();
    const step = 1000;
    for (let first = 0; first < tasks; first += step) {
      const lines = Array.from({ length: step }, (_, i) => taskLine(first + i));
      await submit(queue, lines);
    }
    return before;
  };
  await bench.contest('memory', {
    title: `Redis memory a task, of lines of ${taskLine(tasks).length} bytes, with empty results`,
    figures: { memory: { unit: 'bytes a task', better: 'less' } },
    ...{ rounds: 1, warmUps: 0 },
    competitors: {
      todo: async () => {
        const before = await fill();
        return { memory: ((await bytes()) - before) / tasks };
      },
      finished: async () => {
        const before = await fill();
        const ended = await (await Actor.start(queue, 'bench~1')).drain(200);
        if (ended !== tasks) throw new Error(`${ended} of ${tasks} tasks ended`);
        return { memory: ((await bytes()) - before) / tasks };
      },
    },
  });
}
