/** What calls cost in commands: it must not grow with the queue. */
import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { page } from '../../../src/queue/pages';
import { submit } from '../../../src/queue/submit';
import { SWEEP_START, sweep } from '../../../src/queue/sweep';
import { Actor } from '../../setup/actor';
import { enqueue, taskOf } from '../../setup/enqueue';
import { checkInvariants } from '../../setup/invariants';
import { commandsDuring, lines, total, useQueue } from './harness';

const test = useQueue();

/** `count` tasks spread evenly over buckets, as far as there are enough tasks. */
function spread(count: number, buckets: number): string[] {
  return Array.from({ length: count }, (_, i) => taskOf(i, buckets));
}

describe('the cost of a call in commands', () => {
  /**
   * Of each call, with so many tasks queued. The first thousand are submitted, the others written as
   * `submit` would have: a million take seconds instead of a minute.
   */
  async function costsWith(count: number, buckets: number): Promise<Record<string, number>> {
    const { queue, redis } = test;
    await redis.flushall();
    await submit(queue, spread(Math.min(count, 1000), buckets));
    await enqueue(queue, 1000, count, buckets);
    expect(await redis.hlen('todo_tasks')).toBe(count);
    expect(await redis.zcard(queue.keys.ready)).toBe(Math.min(count, buckets));
    const w = await Actor.start(queue, 'w~1');
    // Whoever is on duty counts more: who that is must not depend on how long the calls before take.
    await redis.set(`${queue.keys.prefix}duty`, w.instance);
    const [line = ''] = await w.claim(2);
    const cost = async (work: () => Promise<unknown>) => total(await commandsDuring(redis, work));
    return {
      claim: await cost(() => w.claim(1)),
      claimEight: await cost(() => w.claim(8)),
      report: await cost(() => {
        w.finish(line);
        return w.cycle();
      }),
      renew: await cost(() => w.renew()),
      counts: await cost(() => counts(queue)),
      page: await cost(() => page(queue, 'todo', undefined, 10)),
      submitOne: await cost(() => submit(queue, ['shell:5:0:0:one more'])),
    };
  }

  it.each([1, 30])('is the same with 1,000 and 1,000,000 tasks in %i buckets', async buckets => {
    // Once before, so that Redis knows all scripts.
    await costsWith(100, buckets);
    const costs = await costsWith(1000, buckets);
    expect(costs.claim).toBeGreaterThan(0);
    expect(await costsWith(1_000_000, buckets)).toEqual(costs);
  });

  it('is the same with 400,000 and 1,000,000 tasks in 10,000 buckets, and no more than with 10,000', async () => {
    // Ten thousand tasks are one in each bucket: a claim empties those that it takes from, which costs a
    // little more than taking several from one.
    await costsWith(100, 10_000);
    const few = await costsWith(10_000, 10_000);
    const many = await costsWith(400_000, 10_000);
    const most = await costsWith(1_000_000, 10_000);
    expect(most).toEqual(many);
    for (const [call, cost] of Object.entries(most)) {
      expect(cost, call).toBeLessThanOrEqual(few[call] ?? 0);
    }
  });

  it('of a claim is bounded by what it takes, not by how much it might', async () => {
    const { queue, redis } = test;
    await submit(queue, spread(1000, 1));
    const w = await Actor.start(queue, 'w~1');
    const claimed = await commandsDuring(redis, () => w.claim(100));
    expect(w.lines).toHaveLength(100);
    expect(claimed.get('lpop')).toBeLessThanOrEqual(2);
    expect(claimed.get('hdel')).toBeLessThanOrEqual(2);
    expect(claimed.get('hset')).toBeLessThanOrEqual(3);
  });

  it('of a report of a hundred is that of one', async () => {
    const { queue, redis } = test;
    await submit(queue, spread(201, 1));
    const w = await Actor.start(queue, 'w~1');
    const reportOf = async (count: number) => {
      for (const line of await w.claim(count)) w.finish(line, 'out');
      return total(await commandsDuring(redis, () => w.cycle()));
    };
    // Once before, so that Redis knows the script and all lists are there.
    await reportOf(100);
    const one = await reportOf(1);
    expect(await reportOf(100)).toBe(one);
    expect(await redis.hlen('finished_tasks')).toBe(201);
  });
});

describe('the walk over buckets', () => {
  it('finds the one that fits behind 300 that do not, in a few calls of bounded cost', async () => {
    const { queue, redis } = test;
    const big = Array.from({ length: 300 }, (_, i) => `shell:${1000 + i}:64:1:big ${i}`);
    const small = 'shell:1:1:1:small';
    await submit(queue, [...big, small]);
    expect(await redis.zcard(queue.keys.ready)).toBe(301);
    const w = await Actor.start(queue, 'w~1');
    const room = { memoryGb: 8, cores: 4 };
    let calls = 0;
    while (w.lines.length === 0) {
      const commands = await commandsDuring(redis, () => w.claim(2, room));
      expect(commands.get('zrange')).toBeLessThanOrEqual(2);
      expect(commands.get('lpop') ?? 0).toBeLessThanOrEqual(2);
      // Most of them ask for the type of each fixed key.
      expect(total(commands)).toBeLessThan(90);
      expect(++calls).toBeLessThanOrEqual(10);
    }
    expect(w.lines).toEqual([small]);
    expect(calls).toBeGreaterThan(1);
    await checkInvariants(queue, [...big, small]);
  });

  it('sees at once what comes to the front while it is far behind', async () => {
    const { queue } = test;
    const big = Array.from({ length: 300 }, (_, i) => `shell:${1000 + i}:64:1:big ${i}`);
    await submit(queue, big);
    const w = await Actor.start(queue, 'w~1');
    const room = { memoryGb: 8, cores: 4 };
    for (let n = 0; n < 4; n++) await w.claim(2, room);
    expect(w.cursor).toBeGreaterThan(100);
    const urgent = 'shell:9999:1:1:urgent';
    await submit(queue, [urgent]);
    expect(await w.claim(2, room)).toEqual([urgent]);
  });

  it('comes to every bucket again, however the number of buckets changes meanwhile', async () => {
    const { queue } = test;
    const big = Array.from({ length: 100 }, (_, i) => `shell:${1000 + i}:64:0:big ${i}`);
    const small = Array.from({ length: 150 }, (_, i) => `shell:${500 - i}:1:0:small ${i}`);
    await submit(queue, [...big, ...small]);
    const w = await Actor.start(queue, 'w~1');
    let calls = 0;
    while (w.lines.length < small.length) {
      await w.claim(3, { memoryGb: 3 });
      expect(++calls).toBeLessThan(400);
    }
    expect(w.lines.sort()).toEqual([...small].sort());
    await checkInvariants(queue, [...big, ...small]);
  });
});

describe('the sweep', () => {
  it('looks at about as many fields as it is told, however many there are', async () => {
    const { queue, redis } = test;
    await redis.hset('todo_tasks', Object.fromEntries(lines(20_000).map(line => [line, ''])));
    const { indexed } = await sweep(queue, SWEEP_START, 500);
    expect(indexed).toBeGreaterThan(0);
    expect(indexed).toBeLessThanOrEqual(600);
  });
});
