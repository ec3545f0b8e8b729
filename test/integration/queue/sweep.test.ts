import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { details } from '../../../src/queue/details';
import { retry } from '../../../src/queue/retry';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { SWEEP_START, sweep } from '../../../src/queue/sweep';
import { Actor } from '../../setup/actor';
import { checkInvariants, snapshot } from '../../setup/invariants';
import { commandsDuring, lines, useQueue } from './harness';

const test = useQueue();

/** One pass over everything. Answers how many were indexed, and in how many steps. */
async function pass(fields: number): Promise<{ indexed: number; steps: number }> {
  let cursor = SWEEP_START;
  for (let indexed = 0, steps = 1; ; steps++) {
    const found = await sweep(test.queue, cursor, fields);
    cursor = found.next;
    indexed += found.indexed;
    if (Object.values(cursor).every(at => at === '0')) return { indexed, steps };
    expect(steps).toBeLessThan(1000);
  }
}

const byPeers = async () => Number(await test.redis.hget(test.queue.keys.stats, 'by_peers'));

describe('the sweep', () => {
  it('indexes what an original added, in steps, and then finds nothing any more', async () => {
    const { queue, redis } = test;
    const ours = lines(500);
    const theirs = lines(2000, 'shell:7:0:0');
    await submit(queue, ours);
    await redis.hset('todo_tasks', Object.fromEntries(theirs.map(line => [line, ''])));
    const first = await pass(100);
    expect(first.indexed).toBe(2000);
    expect(first.steps).toBeGreaterThan(10);
    expect(await pass(100)).toMatchObject({ indexed: 0 });
    expect((await redis.lrange('distcomp:ready:7:0:0', 0, -1)).sort()).toEqual([...theirs].sort());
    await checkInvariants(queue, [...ours, ...theirs]);
    const w = await Actor.start(queue, 'w~1');
    expect(await w.claim(1)).toEqual([expect.stringMatching(/^shell:7/)]);
  });

  it('makes an index where there is none: after a FLUSHALL an original loads first', async () => {
    const { queue, redis } = test;
    const theirs = lines(5);
    await redis.hset('todo_tasks', Object.fromEntries(theirs.map(line => [line, ''])));
    expect(await pass(500)).toMatchObject({ indexed: 5 });
    expect(await redis.get(queue.keys.generation)).toMatch(/^[0-9a-f]{16}$/);
    const w = await Actor.start(queue, 'w~1');
    expect(await w.drain()).toBe(5);
    await checkInvariants(queue, theirs);
  });

  it('indexes both hashes again when the index was lost', async () => {
    const { queue, redis } = test;
    const tasks = [...lines(20), 'shell:1:0:0:echo a:b'];
    await submit(queue, tasks);
    for (const key of await redis.keys('distcomp:ready*')) await redis.del(key);
    await redis.set(queue.keys.generation, 'another');
    expect(await pass(10)).toMatchObject({ indexed: 21 });
    await checkInvariants(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    expect(await w.drain()).toBe(21);
  });

  it('moves lines with other than four colons out of the original’s hash, once', async () => {
    const { queue, redis } = test;
    const line = 'shell:1:0:0:echo a:b';
    await redis.hset('todo_tasks', line, '');
    expect(await pass(500)).toMatchObject({ indexed: 1 });
    expect(await redis.hkeys('todo_tasks')).toEqual([]);
    expect(await redis.hkeys('distcomp:todo_tasks')).toEqual([line]);
    expect(await pass(500)).toMatchObject({ indexed: 0 });
    await checkInvariants(queue, [line]);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    await w.claim(1);
    w.fail(line);
    await w.cycle();
    await pass(500);
    expect(await states(queue, [line])).toEqual(['failed']);
    await checkInvariants(queue, [line]);
  });

  it('drops from todo what is finished or in progress', async () => {
    const { queue, redis } = test;
    const [finished = '', running = '', todo = ''] = lines(3);
    await submit(queue, [finished, running, todo]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(2);
    w.finish(finished);
    await w.cycle();
    // An original loads the whole file again, from what it read before.
    for (const line of [finished, running, todo]) await redis.hset('todo_tasks', line, '');
    await pass(500);
    expect(await states(queue, [finished, running, todo])).toEqual([
      'finished',
      'in_progress',
      'todo',
    ]);
    await checkInvariants(queue, [finished, running, todo]);
  });

  it('fails what is no task, with a reason, instead of passing it by for ever', async () => {
    const { queue, redis } = test;
    const bad = [
      'echo hello',
      'shell:x:0:0:echo',
      'shell:1:-1:0:echo',
      'a:b:c:d:e:f',
      'bash:1:0:0:echo',
      'shell:1:0:0:',
      'shell:1:0:0:echo a\necho b',
    ];
    await redis.hset('todo_tasks', Object.fromEntries(bad.map(line => [line, ''])));
    await pass(500);
    expect(await counts(queue)).toMatchObject({ todo: 0, failed: bad.length });
    expect(new Set(await states(queue, bad))).toEqual(new Set(['failed']));
    expect((await details(queue, 'echo hello')).reason).toMatch(/^no task line/);
    expect(await retry(queue, bad)).toEqual(bad.map(() => 'not_failed'));
    await checkInvariants(queue, bad);
  });

  it('marks what failed before as waiting for another attempt', async () => {
    const { queue, redis } = test;
    const [again = '', fresh = ''] = lines(2);
    await redis.hset('todo_tasks', again, '', fresh, '');
    await redis.hset('failed_tasks', again, 'n1,');
    await pass(500);
    expect(await counts(queue)).toMatchObject({ todo: 2, waitingForRetry: 1, failed: 0 });
    await checkInvariants(queue, [again, fresh]);
  });

  it('ends what a peer finished while it ran here: the claim, and all that stands lower', async () => {
    const { queue, redis } = test;
    const tasks = [...lines(3), 'shell:1:0:0:echo a:b'];
    const [done = '', taken = '', runs = '', colons = ''] = tasks;
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(4);
    await redis.hset('finished_tasks', done, 'n1: ""', colons, 'n1: ""');
    await redis.hset('failed_tasks', done, 'n1,');
    await redis.hset('in_progress_tasks', taken, 'n1');
    await pass(500);
    expect(await states(queue, tasks)).toEqual([
      'finished',
      'in_progress',
      'in_progress',
      'finished',
    ]);
    expect(await redis.hgetall('in_progress_tasks')).toEqual({ [taken]: 'n1', [runs]: 'w~1' });
    expect(await redis.hkeys(queue.keys.claims)).toEqual([runs]);
    expect(await byPeers()).toBe(3);
    await checkInvariants(queue, tasks);

    expect(await w.renew()).toMatchObject({ toEnd: expect.arrayContaining([done, taken, colons]) });
    expect(w.lines).toEqual([runs]);
    await checkInvariants(queue, tasks);
  });

  it('leaves what an original has in progress as it is, though it is finished too', async () => {
    const { queue, redis } = test;
    const [done = '', failing = ''] = lines(2);
    await redis.hset('in_progress_tasks', done, 'n1', failing, 'n1');
    await redis.hset('finished_tasks', done, 'n1: ""');
    await redis.hset('failed_tasks', failing, 'n1,');
    await pass(500);
    expect(await redis.hgetall('in_progress_tasks')).toEqual({ [done]: 'n1', [failing]: 'n1' });
    expect(await counts(queue)).toMatchObject({ waitingForRetry: 1, failed: 0 });
  });

  it('drops from failed what is finished, and from todo what is marked and finished or runs', async () => {
    const { queue, redis } = test;
    const tasks = lines(3);
    const [failed = '', marked = '', runs = ''] = tasks;
    await submit(queue, [marked, runs]);
    await redis.hset('failed_tasks', failed, 'n1,');
    await redis.hset('task_fail_reason', failed, '""');
    await redis.hset('finished_tasks', failed, 'n1: ""', marked, 'n1: ""');
    await redis.hset('in_progress_tasks', runs, 'n1');
    await pass(500);
    expect(await states(queue, tasks)).toEqual(['finished', 'finished', 'in_progress']);
    expect(await redis.exists('todo_tasks', 'failed_tasks', 'task_fail_reason')).toBe(0);
    expect(await byPeers()).toBe(3);
    await checkInvariants(queue, tasks);
  });

  it('moves what failed and would stop an original out of its sight', async () => {
    const { queue, redis } = test;
    const tasks = ['shell:1:0:0:echo a:b', 'shell:1:0:0:echo c:d'];
    const [final = '', again = ''] = tasks;
    await submit(queue, [again]);
    await redis.hset('failed_tasks', final, 'n1,', again, 'n1,');
    await pass(500);
    expect(await redis.exists('failed_tasks')).toBe(0);
    expect(await states(queue, tasks)).toEqual(['failed', 'todo']);
    expect(await counts(queue)).toMatchObject({ todo: 1, waitingForRetry: 1, failed: 1 });
    await checkInvariants(queue, tasks);
  });

  it('keeps book of what waits for another attempt when peers fail, finish and remove', async () => {
    const { queue, redis } = test;
    const tasks = lines(4);
    const [final = '', done = '', removed = '', late = ''] = tasks;
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1', { retryElsewhereMs: 0 });
    await w.claim(4);
    for (const line of [final, done, removed]) w.fail(line);
    await w.cycle();
    expect(await counts(queue)).toMatchObject({ waitingForRetry: 3 });
    await redis.hdel('todo_tasks', final);
    await redis.hset('finished_tasks', done, 'n1: ""');
    await redis.hdel('failed_tasks', removed);
    await redis.hset('failed_tasks', late, 'n1,');
    await pass(500);
    expect(await counts(queue)).toMatchObject({ waitingForRetry: 1, failed: 1, finished: 1 });
    expect(await redis.smembers(queue.keys.retrying)).toEqual([late]);
    await checkInvariants(queue, tasks);
  });

  it('takes back what stands in progress here and is claimed by nobody', async () => {
    const { queue, redis } = test;
    const tasks = lines(2);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(2);
    for (const key of await redis.keys('distcomp:*')) await redis.del(key);
    await pass(500);
    expect(await states(queue, tasks)).toEqual(['todo', 'todo']);
    expect(await w.renew()).toMatchObject({ toEnd: expect.arrayContaining(tasks) });
    await checkInvariants(queue, tasks);
    expect(await w.drain()).toBe(2);
    await checkInvariants(queue, tasks);
  });

  it('looks for what is marked in a bucket of no more than 500, and misses nothing once it is shorter', async () => {
    const { queue, redis } = test;
    const tasks = lines(600);
    await submit(queue, tasks);
    await redis.lrem('distcomp:ready:1:0:0', 1, tasks.at(-1) ?? '');
    const looked = await commandsDuring(redis, () => pass(1000));
    expect(looked.get('lrange')).toBeUndefined();
    const w = await Actor.start(queue, 'w~1');
    for (const line of await w.claim(200)) w.finish(line);
    await w.cycle();
    expect(await pass(1000)).toMatchObject({ indexed: 1 });
    expect(await w.drain()).toBe(400);
    await checkInvariants(queue, tasks);
  });

  it('looks at a bounded number of fields in each hash', async () => {
    const { queue, redis } = test;
    const many = lines(5000);
    await submit(queue, many);
    const fields = (value: string) => Object.fromEntries(many.map(line => [`${line} `, value]));
    await redis.hset('finished_tasks', fields('n1: ""'));
    await redis.hset('failed_tasks', fields('n1,'));
    await redis.hset('distcomp:failed_tasks', fields('n1,'));
    await sweep(queue, SWEEP_START, 100);
    const left = 5000 - (await redis.hlen('failed_tasks'));
    expect(left).toBeGreaterThanOrEqual(100);
    // HSCAN may answer somewhat more than it was asked for.
    expect(left).toBeLessThan(200);
    let cursor = SWEEP_START;
    do cursor = (await sweep(queue, cursor, 500)).next;
    while ((await redis.hlen('failed_tasks')) + (await redis.hlen('distcomp:failed_tasks')) > 0);
    await checkInvariants(queue, [...many, ...many.map(line => `${line} `)]);
  });

  it('stays idle while the original’s stop field stands, and counts are right', async () => {
    const { queue, redis } = test;
    const tasks = lines(3);
    await submit(queue, tasks);
    const stop = 'WORKER_COMMAND_CLOSE:0:0:0:WORKER_COMMAND_CLOSE';
    await redis.hset('todo_tasks', 'WORKER_COMMAND_CLOSE', '', stop, '');
    await redis.hset('failed_tasks', stop, 'n1,');
    const before = await snapshot(redis);
    for (let n = 0; n < 5; n++) expect(await pass(500)).toMatchObject({ indexed: 0 });
    expect(await snapshot(redis)).toEqual(before);
    expect(await counts(queue)).toMatchObject({ todo: 3, failed: 0, closed: true });
    await checkInvariants(queue, tasks);
  });
});
