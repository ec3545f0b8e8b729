import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { submit } from '../../../src/queue/submit';
import { SWEEP_START, sweep } from '../../../src/queue/sweep';
import { Actor, OriginalActor } from '../../setup/actor';
import { checkInvariants } from '../../setup/invariants';
import { lines, useQueue } from './harness';

const test = useQueue();

describe('a claim', () => {
  it('takes the highest priority first, and within one bucket what was first', async () => {
    const { queue } = test;
    const tasks = ['1:a', '10:b', '2:c', '10:d', '0:e', '1000000000:f', '2:g'].map(text => {
      const [priority, name] = text.split(':');
      return `shell:${priority}:0:0:${name}`;
    });
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    const order: string[] = [];
    for (;;) {
      const claimed = await w.claim(1);
      if (claimed.length === 0) break;
      order.push(...claimed.map(line => line.slice(-1)));
    }
    expect(order.join('')).toBe('fbdcgae');
    await checkInvariants(queue, tasks);
  });

  it('takes no more than the lanes, and nothing without a lane', async () => {
    const { queue } = test;
    const tasks = lines(10);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    expect(await w.claim(0)).toEqual([]);
    expect(await w.claim(3)).toEqual(tasks.slice(0, 3));
    expect(await w.claim(20)).toEqual(tasks.slice(3));
    expect(await w.claim(20)).toEqual([]);
    await checkInvariants(queue, tasks);
  });

  it('takes at most 256 at once', async () => {
    const { queue } = test;
    await submit(queue, lines(300));
    const w = await Actor.start(queue, 'w~1');
    expect(await w.claim(1000)).toHaveLength(256);
    expect(await w.claim(1000)).toHaveLength(44);
  });

  it('says which attempt it is, what the task needs, and how many are left', async () => {
    const { queue, redis } = test;
    const line = 'shell:1:3:2:echo';
    await submit(queue, [line, ...lines(2, 'shell:0:0:0')]);
    const w = await Actor.start(queue, 'w~1', { retryElsewhereMs: 0 });
    const call = w.prepareCycle({ lanes: 1 });
    const answer = await call.send();
    expect(answer).toEqual({
      kind: 'ok',
      epoch: await redis.get(queue.keys.epoch),
      todo: 2,
      liveLanes: 8,
      cursor: 0,
      closed: false,
      paused: false,
      stopsAfterFailures: false,
      othersIdle: false,
      higher: false,
      keepsFree: false,
      promise: '3.000:2.000',
      claimed: [{ line, attempt: 1, needMemoryGb: 3, starts: true }],
    });
    w.accept(call, answer);
    w.fail(line);
    await w.cycle();
    await w.claim(1);
    expect(w.held.get(line)).toMatchObject({ attempt: 2, needMemoryGb: 3 });
  });

  it('writes the worker into the original’s hash, a token, and what the instance owns since when', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1');
    const [before = 0] = await redis.time();
    await w.claim(1);
    expect(await redis.hgetall('in_progress_tasks')).toEqual({ [line]: 'w~1' });
    expect(await redis.hget(queue.keys.claims, line)).toBe(`${w.instance}:${w.seq}`);
    const entry = await redis.hget(`distcomp:owned:${w.instance}`, line);
    const [seq, started] = (entry ?? '').split(':').map(Number);
    expect(seq).toBe(w.seq);
    expect(started).toBeGreaterThanOrEqual(Number(before) * 1000);
    const [after = 0] = await redis.time();
    expect(started).toBeLessThanOrEqual((Number(after) + 1) * 1000);
  });

  it('takes tasks whose cores fit, and counts those of the same claim', async () => {
    const { queue } = test;
    const tasks = lines(5, 'shell:1:0:3');
    const free = 'shell:0:0:0:reserves nothing';
    await submit(queue, [...tasks, free]);
    const w = await Actor.start(queue, 'w~1');
    expect(await w.claim(10, { cores: 2 })).toEqual([free]);
    expect(await w.claim(10, { cores: 7 })).toEqual(tasks.slice(0, 2));
    expect(await w.claim(10, { cores: 3 })).toEqual(tasks.slice(2, 3));
    await checkInvariants(queue, [...tasks, free]);
  });

  it('takes tasks whose exact memory fits, not what their bucket was rounded to', async () => {
    const { queue } = test;
    // 5 and 6 GB share a bucket.
    const tasks = ['shell:1:5:0:a', 'shell:1:6:0:b', 'shell:1:5:0:c', 'shell:1:6:0:d'];
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    expect(await w.claim(10, { memoryGb: 4 })).toEqual([]);
    expect(await w.claim(10, { memoryGb: 5 })).toEqual(['shell:1:5:0:a']);
    expect(await w.claim(10, { memoryGb: 11 })).toEqual(['shell:1:6:0:b', 'shell:1:5:0:c']);
    expect(await w.claim(10, { memoryGb: 5.9 })).toEqual([]);
    expect(await w.claim(10, { memoryGb: 6 })).toEqual(['shell:1:6:0:d']);
    await checkInvariants(queue, tasks);
  });

  it('lets a smaller task go ahead of one that does not fit, with a single lane too', async () => {
    const { queue, redis } = test;
    const tasks = [
      'shell:1:6:0:big',
      'shell:1:5:0:small',
      'shell:1:6:0:big too',
      'shell:1:0:0:any',
    ];
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    const room = { memoryGb: 5 };
    // Of one priority the bigger first.
    expect(await w.claim(1, room)).toEqual(['shell:1:5:0:small']);
    expect(await w.claim(1, room)).toEqual(['shell:1:0:0:any']);
    expect(await w.claim(1, room)).toEqual([]);
    // Those that do not fit keep their order.
    expect(await redis.lrange('distcomp:ready:1:6:0', 0, -1)).toEqual([
      'shell:1:6:0:big',
      'shell:1:6:0:big too',
    ]);
    await checkInvariants(queue, tasks);
  });

  it.each([
    [1, '1'],
    [4, '4'],
    [5, '6'],
    [7, '8'],
    [9, '12'],
    [13, '16'],
    [17, '24'],
    [1000, '1024'],
    [1_000_000, '1048576'],
  ])(
    'finds a task of %i GB in the bucket of %s GB when exactly that is free',
    async (gb, bucket) => {
      const { queue, redis } = test;
      const line = `shell:1:${gb}:0:echo`;
      await submit(queue, [line]);
      expect(await redis.zrange(queue.keys.ready, 0, '-1')).toEqual([`1:${bucket}:0`]);
      const w = await Actor.start(queue, 'w~1');
      expect(await w.claim(1, { memoryGb: gb - 0.5 })).toEqual([]);
      expect(await w.claim(1, { memoryGb: gb })).toEqual([line]);
    },
  );

  it('counts what a task needs over what its line says', async () => {
    const { queue, redis } = test;
    const [grown = '', plain = ''] = ['shell:1:2:0:grown', 'shell:1:2:0:plain'];
    await redis.hset(queue.keys.needs, grown, '10.5');
    await submit(queue, [grown, plain]);
    expect(await redis.zrange(queue.keys.ready, 0, '-1')).toEqual(['1:12:0', '1:2:0']);
    const w = await Actor.start(queue, 'w~1');
    expect(await w.claim(5, { memoryGb: 10 })).toEqual([plain]);
    expect(await w.claim(5, { memoryGb: 10.5 })).toEqual([grown]);
    expect(w.held.get(grown)).toMatchObject({ needMemoryGb: 10.5 });
    await checkInvariants(queue, [grown, plain]);
  });

  it('never gives one task to two workers', async () => {
    const { queue } = test;
    const tasks = lines(400);
    await submit(queue, tasks);
    const workers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => Actor.start(queue, `w~${i}`)),
    );
    while ((await counts(queue)).todo > 0) await Promise.all(workers.map(w => w.claim(7)));
    const claimed = workers.flatMap(w => w.lines);
    expect(claimed.length).toBe(400);
    expect(new Set(claimed).size).toBe(400);
    await checkInvariants(queue, tasks);
  });

  it('takes nothing while the original’s stop field stands, and says so', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    await redis.hset('todo_tasks', 'WORKER_COMMAND_CLOSE', '');
    const w = await Actor.start(queue, 'w~1');
    const answer = await w.prepareCycle({ lanes: 1 }).send();
    expect(answer).toMatchObject({ kind: 'ok', closed: true, todo: 1, claimed: [] });
    expect(await counts(queue)).toMatchObject({ closed: true, todo: 1 });
    await redis.hdel('todo_tasks', 'WORKER_COMMAND_CLOSE');
    expect(await w.claim(1)).toEqual([line]);
  });

  it('drops what a peer put beside it: finished or in progress, and in todo', async () => {
    const { queue, redis } = test;
    const [running = '', finished = '', todo = ''] = lines(3);
    await submit(queue, [running, finished, todo]);
    const n1 = new OriginalActor(redis, 'n1');
    for (const line of [running, finished]) await n1.claim(line);
    await n1.finish(finished, 'done');
    // Another original adds both from an old file.
    for (const line of [running, finished]) await redis.hset('todo_tasks', line, '');
    await sweep(queue, SWEEP_START, 500);
    const w = await Actor.start(queue, 'w~1');
    expect(await w.claim(10)).toEqual([todo]);
    expect(await redis.hgetall('todo_tasks')).toEqual({});
    expect(await redis.hget('in_progress_tasks', running)).toBe('n1');
    await checkInvariants(queue, [running, finished, todo]);
  });

  it('marks what an original failed since it was indexed', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const n1 = new OriginalActor(redis, 'n1');
    await n1.claim(line);
    await n1.fail(line);
    const w = await Actor.start(queue, 'w~1');
    expect(await w.claim(1)).toEqual([line]);
    expect(await counts(queue)).toMatchObject({ inProgress: 1, waitingForRetry: 1, failed: 0 });
    await checkInvariants(queue, [line]);
  });

  it('goes on when somebody queues a number that no integer holds', async () => {
    const { queue, redis } = test;
    const huge = `shell:${'9'.repeat(30)}:${'9'.repeat(30)}:0:echo`;
    const many = `shell:1:0:${'9'.repeat(30)}:echo`;
    const [line = ''] = lines(1);
    for (const found of [huge, many]) await redis.hset('todo_tasks', found, '');
    await submit(queue, [line]);
    await sweep(queue, SWEEP_START, 500);
    const w = await Actor.start(queue, 'w~1');
    expect(await w.claim(5)).toEqual([line]);
    w.finish(line);
    await w.cycle();
    expect(await counts(queue)).toMatchObject({ todo: 2, finished: 1 });
  });
});
