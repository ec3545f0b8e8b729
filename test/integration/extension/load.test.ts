/** What opening and refreshing the views costs: it must not grow with the queue. */
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Store } from '../../../src/extension/store/store';
import { WorkerRows } from '../../../src/extension/store/workerRows';
import { DEFAULT_QUEUE, queueKeys } from '../../../src/queue/keys';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { workerTasks } from '../../../src/queue/workerTasks';
import { startRedis, type TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';
import { fillWholeQueue, STATES, WORKERS } from '../../setup/wholeQueue';
import { commandsDuring, total } from '../queue/harness';

/** None of them may be used on tasks, so none is used at all. */
const NEVER = ['hgetall', 'hkeys', 'hvals', 'keys', 'smembers'];

let server: TestRedis;
let redis: Redis;
let store: Store;

beforeAll(async () => {
  server = await startRedis();
  redis = server.client();
});
afterAll(() => server.stop());
beforeEach(() => {
  store = new Store(() => undefined);
});
afterEach(() => store.close());

const few = { todo: 1_000, in_progress: 1_000, failed: 1_000, finished: 1_000 };
const many = { todo: 500_000, in_progress: 5_000, failed: 95_000, finished: 400_000 };

/** Opens the view with every state unfolded. */
async function openView(): Promise<void> {
  await store.open({
    address: { url: server.url },
    queue: 'default',
    label: 'test',
    isLocal: false,
  });
  store.watch(true);
  for (const state of STATES) await store.rows(state);
}

/** Refreshes once, and returns when what changed meanwhile has been read. */
async function refreshView(): Promise<void> {
  const before = store.counts?.todo ?? 0;
  await submit(new Queue(redis, DEFAULT_QUEUE), [`shell:1:0:0:another of ${before}`]);
  await until(() => store.counts?.todo === before + 1, { describe: 'the store to be refreshed' });
}

interface Cost {
  commands: Map<string, number>;
  /** Bytes that Redis sent. */
  bytes: number;
  /** How often the whole of what is shown was read; one more may have been under way when it began. */
  looks: number;
}

async function costOf(work: () => Promise<void>): Promise<Cost> {
  const commands = await commandsDuring(redis, work);
  const sent = /total_net_output_bytes:(\d+)/.exec(await redis.info('stats'))?.[1];
  // Each look counts the tasks that wait for another attempt.
  return { commands, bytes: Number(sent), looks: (commands.get('scard') ?? 0) + 1 };
}

/** Of one look, with every state unfolded. Seven commands a row, those inside scripts included. */
const ROWS = 4 * 220;
const MOST_COMMANDS = 7 * ROWS + 100;
const MOST_BYTES = 400 * ROWS;

describe('the views of a queue with 200 workers', () => {
  it.each([
    ['4,000 tasks', few],
    ['1,000,000 tasks', many],
  ])('open and refresh within the same bounds: %s', async (_, tasks) => {
    await fillWholeQueue(redis, tasks);
    // Once before, so that Redis knows all scripts.
    await openView();
    store.close();
    const opened = await costOf(openView);
    expect(store.counts).toMatchObject({
      todo: tasks.todo,
      inProgress: tasks.in_progress,
      failed: tasks.failed,
      finished: tasks.finished,
      workers: WORKERS,
    });
    for (const state of STATES) {
      const { length } = (await store.rows(state)).rows;
      // A scan answers about as many as it is asked for.
      expect(length).toBeGreaterThanOrEqual(200);
      expect(length).toBeLessThan(220);
    }
    const refreshed = await costOf(refreshView);
    for (const { commands, bytes, looks } of [opened, refreshed]) {
      expect(NEVER.filter(name => commands.has(name))).toEqual([]);
      expect(total(commands)).toBeGreaterThan(0);
      expect(total(commands)).toBeLessThan(looks * MOST_COMMANDS);
      expect(bytes).toBeLessThan(looks * MOST_BYTES);
      expect(looks).toBeLessThanOrEqual(5);
    }
  });
});

/** An original with as many tasks as its host has cores: what it holds is counted one by one. */
const ORIGINAL = 'cloud3';
const ORIGINAL_RUNS = 64;

async function seedOriginal(): Promise<void> {
  const { inProgress } = queueKeys(DEFAULT_QUEUE);
  await redis.hset('worker_status', ORIGINAL, '1700000000:12.00:64:30.25:128');
  for (let i = 0; i < ORIGINAL_RUNS; i++) {
    await redis.hset(inProgress, `shell:1:0:0:./of-the-original ${i}`, ORIGINAL);
  }
}

describe('the rows of 200 workers and an original, one worker unfolded', () => {
  /** Of whole looks, and of nothing besides. */
  interface CostOfALook {
    /** By their names. */
    commands: Record<string, number>;
    bytes: number;
  }

  /** Whose looks are all over once it was stopped and this has resolved. */
  async function quiet(queue: Queue): Promise<void> {
    for (let call = 0; call < 3; call++) {
      await queue.redis.ping();
      await new Promise(setImmediate);
    }
  }

  async function bytesSent(): Promise<number> {
    return Number(/total_net_output_bytes:(\d+)/.exec(await redis.info('stats'))?.[1]);
  }

  async function costOfALook(tasks: typeof few): Promise<CostOfALook> {
    await fillWholeQueue(redis, tasks);
    await seedOriginal();
    const queue = new Queue(redis.duplicate(), DEFAULT_QUEUE);
    // In place of the store, which reads on its own account.
    const source = { queue, target: undefined, onDidChange: () => ({ dispose() {} }) };
    const rows = new WorkerRows(source, () => undefined);
    let told = 0;
    rows.onDidChange(() => told++);
    try {
      rows.watch(true);
      await until(() => rows.held(ORIGINAL)?.runningCount === ORIGINAL_RUNS);
      await rows.unfold('node7~1', 'running');
      expect(rows.held('node7~1')?.runningCount).toBe(tasks.in_progress / WORKERS);
      rows.watch(false);
      await quiet(queue);
      await redis.hset('worker_status', ORIGINAL, '1700000009:1.00:64:1.25:128');
      told = 0;
      let bytes = 0;
      const found = await commandsDuring(redis, async () => {
        rows.watch(true);
        await until(() => told > 0, { describe: 'a look' });
        rows.watch(false);
        await quiet(queue);
        // Since the counts of commands began.
        bytes = await bytesSent();
      });
      const looks = found.get('smismember') ?? 0;
      const ofLooks = [...found].filter(([name]) => !['ping', 'info'].includes(name));
      const commands = ofLooks.map(([name, calls]): [string, number] => [name, calls / looks]);
      return { commands: Object.fromEntries(commands), bytes: bytes / looks };
    } finally {
      rows.dispose();
      queue.redis.disconnect();
    }
  }

  it('cost the same beside 4,000 tasks and beside 1,000,000, and little', async () => {
    const beside = await costOfALook(few);
    const besideMany = await costOfALook({ ...many, in_progress: few.in_progress });
    expect(beside.commands).toMatchObject({ evalsha: 2, hgetall: 1, hkeys: 1 });
    expect(besideMany.commands).toEqual(beside.commands);
    const all = Object.values(beside.commands).reduce((sum, calls) => sum + calls, 0);
    expect(all).toBeLessThan(40);
    // The numbers of times have one digit more or less.
    expect(Math.abs(besideMany.bytes - beside.bytes)).toBeLessThan(1_000);
    expect(beside.bytes).toBeLessThan(300 * (WORKERS + 1));
  });

  it('leave uncounted what the original runs where too many tasks are in progress to look through', async () => {
    await fillWholeQueue(redis, many);
    await seedOriginal();
    const queue = new Queue(redis, DEFAULT_QUEUE);
    const asks = [{ worker: ORIGINAL, running: 0, buffered: 0 }];
    const cost = await commandsDuring(redis, async () => {
      expect((await workerTasks(queue, asks)).get(ORIGINAL)?.runningCount).toBeUndefined();
    });
    expect(cost.get('hscan')).toBeUndefined();
  });
});

describe('a refresh', () => {
  const looksDuring = async (work: () => Promise<unknown>) =>
    (await commandsDuring(redis, work)).get('evalsha') ?? 0;
  const event = () => redis.xadd('distcomp:events', '*', 'kind', 'test');

  it.each([
    ['four times a second while somebody looks', true, 4],
    ['once a second while nobody does', false, 1],
  ])('comes at most %s, however much happens', async (_, watched, perSecond) => {
    await fillWholeQueue(redis, { todo: 5, in_progress: 0, failed: 0, finished: 0 });
    await store.open({
      address: { url: server.url },
      queue: 'default',
      label: 't',
      isLocal: false,
    });
    store.watch(watched);
    const start = performance.now();
    const looks = await looksDuring(async () => {
      while (performance.now() - start < 3_000) await event();
    });
    const seconds = (performance.now() - start) / 1000;
    expect(looks).toBeGreaterThan(0);
    // One that was due when it began, and one that was under way.
    expect(looks).toBeLessThanOrEqual(perSecond * seconds + 2);
  });
});
