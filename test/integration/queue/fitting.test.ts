/** What fits where: promises of all workers of a machine, needs that were learned, big tasks. */
import { describe, expect, it } from 'vitest';
import { details } from '../../../src/queue/details';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { Actor } from '../../setup/actor';
import { checkInvariants } from '../../setup/invariants';
import { lines, lookSixTimes, useQueue } from './harness';

const test = useQueue();

describe('promises of the workers of one machine', () => {
  const host = { memoryGb: 100, cores: 8 };

  it('are summed: what one took the other cannot give', async () => {
    const { queue } = test;
    const tasks = lines(4, 'shell:1:40:3');
    await submit(queue, tasks);
    const a = await Actor.start(queue, 'node1~1', { machine: 'm1' });
    const b = await Actor.start(queue, 'node1~2', { machine: 'm1' });
    expect(await a.claim(4, host)).toHaveLength(2);
    expect(await b.claim(4, host)).toEqual([]);
    const elsewhere = await Actor.start(queue, 'node2~1', { machine: 'm2' });
    expect(await elsewhere.claim(4, host)).toHaveLength(2);
    await checkInvariants(queue, tasks);
  });

  it('are summed in cores alone too', async () => {
    const { queue } = test;
    await submit(queue, lines(9, 'shell:1:0:1'));
    const a = await Actor.start(queue, 'node1~1', { machine: 'm1' });
    const b = await Actor.start(queue, 'node1~2', { machine: 'm1' });
    expect(await a.claim(5, host)).toHaveLength(5);
    expect(await b.claim(8, host)).toHaveLength(3);
  });

  it('hold back nothing that asks for neither memory nor cores', async () => {
    const { queue } = test;
    await submit(queue, [...lines(1, 'shell:2:100:8'), ...lines(2, 'shell:1:0:0')]);
    const a = await Actor.start(queue, 'node1~1', { machine: 'm1' });
    const b = await Actor.start(queue, 'node1~2', { machine: 'm1' });
    await a.claim(1, host);
    expect(await b.claim(2, host)).toHaveLength(2);
  });

  it('are given up with the report of the end', async () => {
    const { queue, redis } = test;
    const tasks = lines(2, 'shell:1:60:0');
    await submit(queue, tasks);
    const a = await Actor.start(queue, 'node1~1', { machine: 'm1' });
    const b = await Actor.start(queue, 'node1~2', { machine: 'm1' });
    const [first = ''] = await a.claim(1, host);
    expect(await redis.hgetall(`${queue.keys.prefix}promises:m1`)).toEqual({
      'node1~1': '60.000:0.000',
    });
    expect(await b.claim(1, host)).toEqual([]);
    a.finish(first);
    await a.cycle();
    expect(await redis.exists(`${queue.keys.prefix}promises:m1`)).toBe(0);
    expect(await b.claim(1, host)).toEqual([tasks[1]]);
  });

  it.each(['is lost', 'leaves'])('are given up when a worker %s', async how => {
    const { queue, redis } = test;
    const tasks = lines(2, 'shell:1:60:0');
    await submit(queue, tasks);
    const a = await Actor.start(queue, 'node1~1', { machine: 'm1' });
    await a.claim(1, host);
    if (how === 'leaves') await a.leave();
    else await lookSixTimes(queue);
    expect(await redis.exists(`${queue.keys.prefix}promises:m1`)).toBe(0);
    const b = await Actor.start(queue, 'node1~2', { machine: 'm1' });
    expect(await b.claim(1, host)).toHaveLength(1);
  });

  it('come back with the next heartbeat when Redis forgot them', async () => {
    const { queue, redis } = test;
    await submit(queue, lines(1, 'shell:1:60:2'));
    const a = await Actor.start(queue, 'node1~1', { machine: 'm1' });
    await a.claim(1, host);
    await redis.del(`${queue.keys.prefix}promises:m1`);
    await a.renew();
    expect(await redis.hgetall(`${queue.keys.prefix}promises:m1`)).toEqual({
      'node1~1': '60.000:2.000',
    });
  });
});

describe('a task that was ended for the sake of its host’s memory', () => {
  it('needs from then on what it took, goes to the head, and has used no attempt', async () => {
    const { queue, redis } = test;
    const [grows = '', other = ''] = lines(2, 'shell:1:1:0');
    await submit(queue, [grows, other]);
    const w = await Actor.start(queue, 'w~1', { capacityGb: 64 });
    await w.claim(1, { memoryGb: 64 });
    w.giveBackForMemory(grows, 12.5);
    await w.cycle();
    expect(await redis.hget(queue.keys.needs, grows)).toBe('12.500:1');
    expect(await details(queue, grows)).toMatchObject({ state: 'todo', attempts: [] });
    await checkInvariants(queue, [grows, other]);
    // Where there is less it is passed over.
    expect(await w.claim(2, { memoryGb: 12 })).toEqual([other]);
    expect(await w.claim(2, { memoryGb: 13 })).toEqual([grows]);
    expect(w.held.get(grows)).toMatchObject({ attempt: 1, needMemoryGb: 12.5 });
  });

  it('never needs more than nine tenths of what the largest live host has', async () => {
    const { queue, redis } = test;
    const [grows = ''] = lines(1);
    await submit(queue, [grows]);
    const w = await Actor.start(queue, 'w~1', { capacityGb: 64 });
    await w.claim(1);
    w.giveBackForMemory(grows, 500);
    await w.cycle();
    expect(await redis.hget(queue.keys.needs, grows)).toBe('57.600:1');
  });

  it('fails the third time, with the reason', async () => {
    const { queue, redis } = test;
    const [grows = ''] = lines(1);
    await submit(queue, [grows]);
    const w = await Actor.start(queue, 'w~1');
    for (let kills = 1; kills <= 3; kills++) {
      expect(await states(queue, [grows])).toEqual(['todo']);
      await w.claim(1);
      w.giveBackForMemory(grows, kills);
      await w.cycle();
      await checkInvariants(queue, [grows]);
    }
    expect(await details(queue, grows)).toMatchObject({
      state: 'failed',
      failedOn: ['w~1'],
      reason: 'needs more memory',
    });
    expect(await redis.hget('failed_tasks', grows)).toBe('w~1,');
  });

  it('forgets what it learned when it has finished', async () => {
    const { queue, redis } = test;
    const [grows = ''] = lines(1);
    await submit(queue, [grows]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    w.giveBackForMemory(grows, 2);
    await w.claim(1);
    w.finish(grows);
    await w.cycle();
    expect(await redis.exists(queue.keys.needs)).toBe(0);
    await checkInvariants(queue, [grows]);
  });
});

describe('a big task that waits for room', () => {
  const now = { memoryGb: 10, cores: 8 };
  const capacity = { memoryGb: 100, cores: 8 };
  const big = 'shell:5:64:1:big';
  const small = lines(20, 'shell:1:1:0');

  it('is passed by smaller ones at first', async () => {
    const { queue, redis } = test;
    await submit(queue, [big, ...small]);
    const w = await Actor.start(queue, 'w~1');
    expect(await w.cycle({ lanes: 2, ...now, capacity })).toEqual(small.slice(0, 2));
    expect(await redis.exists(queue.keys.reservation)).toBe(0);
    expect(await redis.hkeys(queue.keys.blocked)).toHaveLength(1);
  });

  it('has one worker that could hold it take nothing else once it waited long, and no other', async () => {
    const { queue, redis } = test;
    await submit(queue, [big, ...small]);
    const w = await Actor.start(queue, 'w~1');
    const v = await Actor.start(queue, 'v~1');
    const tiny = await Actor.start(queue, 'tiny~1');
    const waited = { lanes: 2, bigTaskWaitMs: 0 };
    // It could never hold it: it goes on with what it can do.
    expect(await tiny.cycle({ ...waited, ...now, capacity: now })).toHaveLength(2);
    expect(await w.cycle({ ...waited, ...now, capacity })).toEqual([]);
    expect(await redis.get(queue.keys.reservation)).toMatch(`${w.instance} 5:64:1`);
    expect(await v.cycle({ ...waited, ...now, capacity })).toHaveLength(2);
    expect(await w.cycle({ ...waited, ...now, capacity, buffer: 3 })).toEqual([]);
    // What ran there has ended.
    expect(await w.cycle({ ...waited, memoryGb: 100, cores: 8, capacity })).toEqual([
      big,
      small[4],
    ]);
    expect(await redis.exists(queue.keys.reservation, queue.keys.blocked)).toBe(0);
    await checkInvariants(queue, [big, ...small]);
  });

  it('is kept room for among smaller ones of its own priority, whatever buckets are called', async () => {
    const { queue, redis } = test;
    const equal = 'shell:1:64:1:big';
    await submit(queue, [...small, ...lines(3, 'shell:1:2:1'), equal]);
    const w = await Actor.start(queue, 'w~1');
    const waited = { lanes: 2, bigTaskWaitMs: 0, capacity };
    expect(await w.cycle({ ...waited, ...now })).toEqual([]);
    expect(await redis.get(queue.keys.reservation)).toBe(`${w.instance} 1:64:1`);
    expect(await w.cycle({ ...waited, memoryGb: 100, cores: 8 })).toContain(equal);
  });

  it('is kept room for although a bigger one waits that this host could never hold', async () => {
    const { queue, redis } = test;
    const bigger = lines(2, 'shell:5:500:1');
    await submit(queue, [...bigger, big, ...small]);
    const w = await Actor.start(queue, 'w~1');
    expect(await w.cycle({ lanes: 2, bigTaskWaitMs: 0, ...now, capacity })).toEqual([]);
    expect(await redis.get(queue.keys.reservation)).toBe(`${w.instance} 5:64:1`);
  });

  it('has room kept before a smaller one for which another worker keeps itself free', async () => {
    const { queue, redis } = test;
    const medium = 'shell:5:24:1:medium';
    await submit(queue, [medium, ...small]);
    const w = await Actor.start(queue, 'w~1');
    const v = await Actor.start(queue, 'v~1');
    const waited = { lanes: 2, bigTaskWaitMs: 0, ...now };
    const half = { memoryGb: 32, cores: 8 };
    expect(await w.cycle({ ...waited, capacity: half })).toEqual([]);
    expect(await redis.get(queue.keys.reservation)).toBe(`${w.instance} 5:24:1`);
    await submit(queue, [big]);
    expect(await v.cycle({ ...waited, capacity })).toEqual([]);
    expect(await redis.get(queue.keys.reservation)).toBe(`${v.instance} 5:64:1`);
    // Its own turn comes when the big one has started.
    expect(await w.cycle({ ...waited, capacity: half })).toHaveLength(2);
    expect(await v.cycle({ ...waited, lanes: 1, memoryGb: 64, capacity })).toEqual([big]);
    expect(await w.cycle({ ...waited, capacity: half })).toEqual([]);
    expect(await redis.get(queue.keys.reservation)).toBe(`${w.instance} 5:24:1`);
  });

  it('waits no longer when another worker took it', async () => {
    const { queue, redis } = test;
    await submit(queue, [big, ...small]);
    const w = await Actor.start(queue, 'w~1');
    await w.cycle({ lanes: 2, bigTaskWaitMs: 0, ...now, capacity });
    const v = await Actor.start(queue, 'v~1');
    expect(await v.claim(1, capacity)).toEqual([big]);
    expect(await redis.exists(queue.keys.blocked)).toBe(0);
    expect(await w.cycle({ lanes: 2, bigTaskWaitMs: 0, ...now, capacity })).toHaveLength(2);
  });

  it('is kept room for while the worker’s heartbeat goes on, and no longer', async () => {
    const { queue, redis } = test;
    await submit(queue, [big]);
    const w = await Actor.start(queue, 'w~1');
    await w.cycle({ lanes: 2, bigTaskWaitMs: 0, ...now, capacity });
    await redis.pexpire(queue.keys.reservation, 5000);
    await w.renew();
    expect(await redis.pttl(queue.keys.reservation)).toBeGreaterThan(20_000);
  });
});
