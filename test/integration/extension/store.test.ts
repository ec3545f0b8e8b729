import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Store, type Target } from '../../../src/extension/store/store';
import type { RedisAddress } from '../../../src/queue/address';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { startRedis, type TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';

let server: TestRedis;
let store: Store;

beforeEach(async () => {
  server = await startRedis({ password: 'right', appendonly: true });
  store = new Store(() => undefined);
});

afterEach(async () => {
  store.close();
  await server.stop();
});

const target = (address: RedisAddress = { url: server.url }): Target => ({
  address,
  queue: 'default',
  label: 'test',
  isLocal: false,
});

const submitTasks = (lines: string[]) => submit(new Queue(server.client(), 'default'), lines);

const tasks = (count: number) =>
  Array.from({ length: count }, (_, index) => `shell:0:0:0:echo ${index}`);

describe('the store', () => {
  it('is live with counts once Redis answered', async () => {
    await submitTasks(tasks(3));
    await store.open(target());
    expect(store.link.state).toBe('live');
    expect(store.counts).toMatchObject({ todo: 3, inProgress: 0, failed: 0, finished: 0 });
  });

  it('notices what others add, without being asked', async () => {
    await store.open(target());
    store.watch(true);
    await submitTasks(tasks(2));
    await until(() => store.counts?.todo === 2, { describe: 'two tasks in todo' });
  });

  it('keeps what it knew while Redis is away, says so, and recovers by itself', async () => {
    await submitTasks(tasks(2));
    await store.open(target());
    await server.kill();
    await until(() => store.link.state === 'stale', { describe: 'the store to be stale' });
    expect(store.counts?.todo).toBe(2);
    expect(store.queue).toBeUndefined();
    await server.restart();
    await until(() => store.link.state === 'live', { describe: 'the store to be live again' });
    store.watch(true);
    await submitTasks(tasks(5));
    await until(() => store.counts?.todo === 5, { describe: 'five tasks in todo' });
  });

  it('connects by itself when a Redis that could not be reached comes up', async () => {
    await server.kill();
    await store.open(target());
    expect(store.link).toMatchObject({
      state: 'refused',
      error: { message: expect.stringContaining(`127.0.0.1:${server.port}: connection refused`) },
    });
    await server.restart();
    await until(() => store.link.state === 'live', { describe: 'the store to be live' });
  });

  it('says that the password was refused, and is live with the right one', async () => {
    const address = { host: '127.0.0.1', port: server.port, password: 'wrong' };
    await store.open(target(address));
    expect(store.link).toMatchObject({ state: 'refused', error: { kind: 'refused_password' } });
    await store.open(target());
    expect(store.link.state).toBe('live');
  });

  it('reads tasks in pages, each task once', async () => {
    const lines = tasks(450);
    await submitTasks(lines);
    await store.open(target());
    store.watch(true);
    const first = await store.rows('todo');
    expect(first.rows).toHaveLength(200);
    expect(first.more).toBe(true);
    await store.more('todo');
    await store.more('todo');
    const all = await store.rows('todo');
    expect(new Set(all.rows.map(row => row.line))).toEqual(new Set(lines));
    expect(all.rows).toHaveLength(450);
    expect(all.more).toBe(false);
  });

  it('says where order ends, for tasks that the index does not name', async () => {
    const redis = server.client();
    const [newest, older, oldest] = tasks(3);
    await redis.hset('finished_tasks', newest ?? '', 'n~1: "a"', older ?? '', 'n~1: "b"');
    await redis.hset('finished_tasks', oldest ?? '', 'n~1: "c"');
    await redis.rpush('distcomp:recent:finished', `0 ${newest}`, `0 ${older}`);
    await store.open(target());
    const finished = await store.rows('finished');
    expect(finished.rows.map(row => row.line)).toEqual([newest, older, oldest]);
    expect(finished.orderEnds).toBe(2);
    // The index names none of these.
    await redis.hset('failed_tasks', newest ?? '', 'n~1,');
    await redis.hdel('finished_tasks', newest ?? '');
    expect(await store.rows('failed')).toMatchObject({ rows: [{ line: newest }], orderEnds: 0 });
    await redis.hset('finished_tasks', newest ?? '', 'n~1: "a"');
    await redis.lpush('distcomp:recent:finished', `0 ${oldest}`);
    store.watch(true);
    await until(async () => (await store.rows('finished')).orderEnds === undefined, {
      describe: 'all to be in order',
    });
  });

  it('reads no task while nobody looks', async () => {
    await submitTasks(tasks(3));
    await store.open(target());
    store.watch(true);
    await store.rows('todo');
    store.watch(false);
    // A look that was under way then is over when this is seen.
    await submitTasks(tasks(4));
    await until(() => store.counts?.todo === 4, { describe: 'four tasks in todo' });
    // What waits is read from its lists.
    const calls = await callsOf('lrange', async () => {
      await submitTasks(tasks(9));
      await until(() => store.counts?.todo === 9, { describe: 'nine tasks in todo' });
    });
    expect(calls).toBe(0);
  });

  it('shows the queue that was opened last', async () => {
    await submitTasks(tasks(3));
    const first = store.open(target());
    const second = store.open({ ...target(), queue: 'other' });
    await Promise.all([first, second]);
    expect(store.target?.queue).toBe('other');
    expect(store.counts?.todo).toBe(0);
  });

  it('leaves no connection behind', async () => {
    await store.open(target());
    const redis = server.client();
    const names = async () => String(await redis.call('CLIENT', 'LIST')).match(/name=distcomp\S*/g);
    expect(await names()).not.toBeNull();
    store.close();
    expect(store.link.state).toBe('unconfigured');
    await until(async () => (await names()) === null, { describe: 'no connection of ours' });
  });
});

/** How often these commands were called during some work. */
async function callsOf(name: string, work: () => Promise<void>): Promise<number> {
  const redis = server.client();
  await redis.config('RESETSTAT');
  await work();
  const stats = await redis.info('commandstats');
  return Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}
