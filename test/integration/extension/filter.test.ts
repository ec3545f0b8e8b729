import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Filter } from '../../../src/extension/store/filter';
import { Store } from '../../../src/extension/store/store';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { Actor } from '../../setup/actor';
import { startRedis, type TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';

let server: TestRedis;
let store: Store;
let filter: Filter;

beforeEach(async () => {
  server = await startRedis({ appendonly: true });
  store = new Store(() => undefined);
  filter = new Filter(store, () => undefined);
});

afterEach(async () => {
  filter.dispose();
  store.close();
  await server.stop();
});

const queueOf = (name = 'default') => new Queue(server.client(), name);
const open = (queue = 'default') =>
  store.open({ address: { url: server.url }, queue, label: 'test', isLocal: false });
const task = (n: number) => `shell:0:0:0:./train --seed ${n}`;
const tasks = (count: number) => Array.from({ length: count }, (_, n) => task(n));
const ended = () => until(() => filter.state === 'ended', { describe: 'the search to end' });
const linesOf = async (state: 'todo' | 'failed') =>
  (await filter.rows(state)).rows.map(({ line }) => line).sort();

describe('the filter', () => {
  it('finds tasks of every state, and says how many it searched', async () => {
    const queue = queueOf();
    await submit(queue, tasks(3000));
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    const [failed = ''] = await w.claim(1);
    w.fail(failed, { exit: 1, err: 'ValueError: seed 77 is bad' });
    await w.cycle();
    await open();
    filter.start('SEED 77');
    await ended();
    expect(filter.progress()).toEqual({ searched: 3000, total: 3000, matches: 12 });
    expect(await linesOf('todo')).toEqual(
      tasks(3000)
        .filter(line => line.includes('seed 77'))
        .sort(),
    );
    expect(await linesOf('failed')).toEqual([failed]);
  });

  it('shows matches while the search goes on, and keeps them when it is stopped', async () => {
    await submit(queueOf(), tasks(30_000));
    await open();
    let seenWhileSearching = 0;
    filter.onDidChange(() => {
      const { matches, searched, total } = filter.progress();
      if (filter.state !== 'searching' || matches === 0) return;
      expect(searched).toBeLessThan(total);
      seenWhileSearching = matches;
      filter.stop();
    });
    filter.start('--seed 1');
    await until(() => filter.state === 'stopped');
    expect(seenWhileSearching).toBeGreaterThan(0);
    // Nothing is searched any more, and what was found can be read.
    const calls = await callsOf('hscan', async () => {
      expect((await filter.rows('todo')).rows).toHaveLength(Math.min(200, seenWhileSearching));
    });
    expect(calls).toBe(0);
  });

  it('is stopped when Redis refuses to go on', async () => {
    const queue = queueOf();
    await submit(queue, tasks(3000));
    await open();
    await queue.redis.acl('SETUSER', 'default', '-hscan');
    filter.start('seed 77');
    await until(() => filter.state === 'stopped', { describe: 'the search to be stopped' });
  });

  it('shows two hundred, and two hundred more when asked', async () => {
    await submit(queueOf(), tasks(450));
    await open();
    filter.start('train');
    await ended();
    expect(await filter.rows('todo')).toMatchObject({ rows: { length: 200 }, more: true });
    filter.more('todo');
    filter.more('todo');
    expect(await filter.rows('todo')).toMatchObject({ rows: { length: 450 }, more: false });
  });

  it('leaves out what is in that state no more', async () => {
    const queue = queueOf();
    await submit(queue, tasks(2));
    await open();
    filter.start('seed');
    await ended();
    await (await Actor.start(queue, 'w~1')).claim(1);
    expect(await linesOf('todo')).toEqual([task(1)]);
    filter.again();
    await ended();
    expect(filter.found('todo').lines).toEqual([task(1)]);
  });

  it('holds no more than ten thousand matches of a state', async () => {
    await submit(queueOf(), tasks(12_000));
    await open();
    filter.start('train');
    await ended();
    expect(filter.found('todo')).toMatchObject({ lines: { length: 10_000 }, isFull: true });
    expect(filter.progress().searched).toBeLessThan(12_000);
  });

  it('searches another queue when that is shown, and anew after Redis was away', async () => {
    await submit(queueOf(), tasks(3));
    await submit(queueOf('other'), tasks(5));
    await open();
    filter.start('seed');
    await ended();
    expect(filter.progress().matches).toBe(3);
    await open('other');
    await until(() => filter.state === 'ended' && filter.progress().matches === 5);
    await server.kill();
    await until(() => store.link.state === 'stale');
    // What was found stays on show.
    expect(filter.progress().matches).toBe(5);
    await server.restart();
    await submit(queueOf('other'), tasks(6));
    filter.again();
    await until(() => filter.state === 'ended' && filter.progress().matches === 6);
    filter.clear();
    expect([filter.state, filter.text, filter.progress().matches]).toEqual(['off', '', 0]);
  });

  it('tells of the first matches at once, and of the rest at most four times a second', async () => {
    await submit(queueOf(), tasks(60_000));
    await open();
    const calls: number[] = [];
    filter.onDidChange(() => calls.push(performance.now()));
    const start = performance.now();
    filter.start('seed 59999');
    await ended();
    const seconds = (performance.now() - start) / 1000;
    // The start, the end, and the first matches of each state come besides.
    expect(calls.length).toBeLessThanOrEqual(4 * Math.ceil(seconds) + 6);
    expect(await linesOf('todo')).toEqual([task(59_999)]);
  });
});

async function callsOf(name: string, work: () => Promise<void>): Promise<number> {
  const redis = server.client();
  await redis.config('RESETSTAT');
  await work();
  const stats = await redis.info('commandstats');
  return Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}
