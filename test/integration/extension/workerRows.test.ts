import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Store, type Target } from '../../../src/extension/store/store';
import { WorkerRows } from '../../../src/extension/store/workerRows';
import { drain } from '../../../src/queue/drain';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { Actor, OriginalActor } from '../../setup/actor';
import { startRedis, type TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';
import { commandsDuring, lines } from '../queue/harness';

let server: TestRedis;
let queue: Queue;
let store: Store;
let rows: WorkerRows;
let changes: number;

beforeEach(async () => {
  server = await startRedis({ appendonly: true });
  queue = new Queue(server.client(), 'default');
  store = new Store(() => undefined);
  rows = new WorkerRows(store, () => undefined);
  changes = 0;
  rows.onDidChange(() => changes++);
});

afterEach(async () => {
  rows.dispose();
  store.close();
  await server.stop();
});

const target = (name = 'default'): Target => ({
  address: { url: server.url },
  queue: name,
  label: 'test',
  isLocal: false,
});

const names = () => rows.roster?.workers.map(({ name }) => name) ?? [];

describe('the rows of the Workers view', () => {
  it('are read while somebody looks, and follow what changes', async () => {
    const w = await Actor.start(queue, 'w~1');
    await store.open(target());
    expect(rows.roster).toBeUndefined();
    rows.watch(true);
    await until(() => names().length === 1);
    await Actor.start(queue, 'v~1');
    await until(() => names().length === 2, { describe: 'another worker to be seen' });
    await drain(queue, [w.name]);
    await until(() => rows.roster?.workers[1]?.draining, { describe: 'w~1 to drain' });
  });

  it('have the tasks of those that are unfolded, and of no others', async () => {
    await submit(queue, lines(500));
    const w = await Actor.start(queue, 'w~1', { lanes: 300 });
    await Actor.start(queue, 'v~1');
    await w.claim(250, { buffer: 3 });
    await store.open(target());
    rows.watch(true);
    await until(() => names().length === 2);
    expect(rows.held('w~1')).toBeUndefined();
    const first = await rows.unfold('w~1', 'running');
    expect(first).toMatchObject({ runningCount: 250, bufferedCount: 3, buffered: [] });
    expect(first?.running).toHaveLength(200);
    await rows.more('w~1', 'running');
    expect(rows.held('w~1')?.running).toHaveLength(250);
    expect((await rows.unfold('w~1', 'buffered'))?.buffered).toHaveLength(3);
    expect(rows.held('v~1')).toBeUndefined();
    const [ended = ''] = w.lines;
    w.finish(ended);
    await w.cycle();
    await until(() => rows.held('w~1')?.runningCount === 249, { describe: 'a task to end' });
    rows.fold('w~1', 'running');
    w.finish(w.lines[0] ?? '');
    await w.cycle();
    await until(() => rows.held('w~1') === undefined, { describe: 'w~1 to be followed no more' });
  });

  it('count what originals run', async () => {
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    await new OriginalActor(queue.redis, 'cloud3').claim(line);
    await queue.redis.hset('worker_status', 'cloud3', '1:1.00:8:3.25:64');
    await store.open(target());
    rows.watch(true);
    await until(() => rows.held('cloud3')?.runningCount === 1);
    expect(rows.held('cloud3')?.running).toEqual([]);
    expect((await rows.unfold('cloud3', 'running'))?.running).toEqual([{ line }]);
  });

  it('of 200 workers are read with what one of them holds, and nothing is told while nothing is new', async () => {
    // No heartbeat is late, however long this takes: that would be new every second.
    const later = Math.floor(Date.now() / 1000) + 3600;
    for (let n = 0; n < 200; n++) {
      const { name } = await Actor.start(queue, `node${n}~1`);
      await queue.redis.hset('worker_status', name, `${later}:1.00:200.00:0.83:23.54`);
    }
    await store.open(target());
    rows.watch(true);
    await until(() => names().length === 200);
    await rows.unfold('node7~1', 'running');
    store.watch(false);
    const before = changes;
    const redis = server.client();
    const looks = async () =>
      Number((await redis.info('commandstats')).match(/smismember:calls=(\d+)/)?.[1] ?? 0);
    const cost = await commandsDuring(redis, async () => {
      await until(async () => (await looks()) >= 2, { describe: 'two looks' });
    });
    // A look may have begun before, and ended meanwhile.
    expect(cost.get('hscan')).toBeLessThanOrEqual((cost.get('smismember') ?? 0) + 1);
    expect([...cost.keys()].filter(name => /hvals|smembers|^keys$/.test(name))).toEqual([]);
    expect(changes).toBe(before);
  });

  it('stay while Redis is away, and go with the queue', async () => {
    await Actor.start(queue, 'w~1');
    await store.open(target());
    rows.watch(true);
    await until(() => names().length === 1);
    await server.kill();
    await until(() => store.link.state === 'stale');
    expect(names()).toEqual(['w~1']);
    await server.restart();
    await until(() => store.link.state === 'live');
    await Actor.start(queue, 'v~1');
    await until(() => names().length === 2, { describe: 'the rows to be read again' });
    await store.open(target('other'));
    expect(rows.roster?.workers ?? []).toEqual([]);
  });

  it('are not read while nobody looks', async () => {
    await Actor.start(queue, 'w~1');
    await store.open(target());
    rows.watch(true);
    await until(() => names().length === 1);
    rows.watch(false);
    const cost = await commandsDuring(server.client(), async () => {
      await submit(queue, lines(5));
      await until(() => store.counts?.todo === 5);
    });
    expect(cost.get('smismember')).toBeUndefined();
  });
});
