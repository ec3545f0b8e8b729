/** What a worker reports: results, failures, tasks given back; and when a report counts. */
import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { details } from '../../../src/queue/details';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { SWEEP_START, sweep } from '../../../src/queue/sweep';
import { Actor, OriginalActor } from '../../setup/actor';
import { checkInvariants, snapshot } from '../../setup/invariants';
import { until } from '../../setup/until';
import { lines, lookSixTimes, useQueue } from './harness';

const test = useQueue();
const LIST = 'distcomp:ready:1:0:0';

describe('a finished task', () => {
  it('leaves its result for the original to read, and one record', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    w.finish(line, 'two\nlines, "quoted" é');
    await w.cycle();
    expect(await redis.hgetall('finished_tasks')).toEqual({
      [line]: 'w~1: "two\\nlines, \\"quoted\\" é"',
    });
    for (const key of ['todo_tasks', 'in_progress_tasks', 'failed_tasks', queue.keys.claims]) {
      expect(await redis.exists(key)).toBe(0);
    }
    expect(await redis.exists(`distcomp:owned:${w.instance}`)).toBe(0);
    expect(await redis.lrange(queue.keys.recentFinished, 0, -1)).toEqual([`1 ${line}`]);
    const { attempts } = await details(queue, line);
    expect(attempts).toMatchObject([{ number: 1, worker: 'w~1', exit: 0 }]);
    await checkInvariants(queue, [line]);
  });

  it('beside others in one call counts as each would alone, whichever hashes they live in', async () => {
    const { queue, redis } = test;
    const shared = lines(3);
    const own = ['shell:1:0:0:echo a:b', 'shell:1:0:0:echo c:d'];
    await submit(queue, [...shared, ...own]);
    const w = await Actor.start(queue, 'w~1', { retryElsewhereMs: 0 });
    await w.claim(5);
    for (const line of [shared[0] ?? '', own[0] ?? '']) w.fail(line);
    await w.claim(2);
    const order = [shared[1], own[0], shared[0], own[1], shared[2]].flatMap(line => line ?? []);
    for (const line of order) w.finish(line);
    await w.cycle();
    const attempts = [1, 2, 2, 1, 1];
    const recent = order.map((line, at) => `${attempts[at]} ${line}`).reverse();
    expect(await redis.lrange(queue.keys.recentFinished, 0, -1)).toEqual(recent);
    const keys = [queue.keys.failed, queue.keys.ownFailed, queue.keys.reason, queue.keys.retrying];
    for (const key of keys) expect(await redis.exists(key)).toBe(0);
    await checkInvariants(queue, order);
    expect(await counts(queue)).toMatchObject({ finished: 5, todo: 0, failed: 0 });
  });

  it('that failed before is as if it never had, but for its attempts', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1', { retryElsewhereMs: 0 });
    await w.claim(1);
    w.fail(line);
    expect(await w.claim(1)).toEqual([line]);
    w.finish(line, 'after all');
    await w.cycle();
    for (const key of ['failed_tasks', 'task_fail_reason', queue.keys.notBefore]) {
      expect(await redis.exists(key)).toBe(0);
    }
    expect((await details(queue, line)).attempts.map(record => record.exit)).toEqual([0, 1]);
    await checkInvariants(queue, [line]);
  });

  it('is counted in totals and in its minute', async () => {
    const { queue, redis } = test;
    const tasks = lines(3);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    const [a = '', b = '', c = ''] = await w.claim(3);
    w.finish(a);
    w.finish(b);
    w.fail(c);
    await w.cycle();
    expect(await redis.hgetall(queue.keys.stats)).toMatchObject({
      submitted: '3',
      finished: '2',
      failed: '1',
      attempts_failed: '1',
    });
    // It failed for good: nothing was tried again.
    expect(await redis.hexists(queue.keys.stats, 'attempts_retried')).toBe(0);
    const minutes = await redis.keys('distcomp:minutes:*');
    const ended = await Promise.all(minutes.map(key => redis.hexists(key, 'finished')));
    const minute = minutes[ended.indexOf(1)] ?? '';
    // A heartbeat keeps more there.
    expect(await redis.hgetall(minute)).toMatchObject({
      finished: '2',
      failed: '1',
      milliseconds: '4500',
    });
    const ttl = Number(await redis.ttl(minute));
    expect(ttl).toBeGreaterThan(24 * 3600);
    expect(ttl).toBeLessThanOrEqual(25 * 3600);
  });
});

describe('a failed attempt', () => {
  it('goes to the bucket of the worker it failed on, which waits while others may take it', async () => {
    const { queue, redis } = test;
    const tasks = lines(2);
    const [line = '', other = ''] = tasks;
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1', { retryElsewhereMs: 3_600_000 });
    const v = await Actor.start(queue, 'v~1');
    await w.claim(1);
    w.fail(line, { exit: 2, err: 'boom\n' });
    expect(await w.claim(5)).toEqual([]);
    expect(await redis.zrange(queue.keys.ready, 0, '-1')).toContain('1:0:0!w~1');
    expect(await redis.lrange(`${LIST}!w~1`, 0, -1)).toEqual([line]);
    expect(await counts(queue)).toMatchObject({ todo: 1, waitingForRetry: 1, failed: 0 });
    expect(await details(queue, line)).toMatchObject({
      state: 'todo',
      failedOn: ['w~1'],
      reason: 'boom\n',
    });
    await checkInvariants(queue, [line]);

    // It waits for this task only.
    await submit(queue, [other]);
    expect(await w.claim(5)).toEqual([other]);
    expect(await v.claim(5)).toEqual([line]);
    expect(await redis.hexists(queue.keys.notBefore, line)).toBe(0);
    await checkInvariants(queue, tasks);
  });

  it('may be made where the last one failed once the time is over', async () => {
    const { queue } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1', { retryElsewhereMs: 300 });
    await Actor.start(queue, 'v~1');
    await w.claim(1);
    w.fail(line);
    const reported = Date.now();
    await w.cycle();
    await until(async () => (await w.claim(1)).length > 0, { describe: 'w to take it again' });
    expect(Date.now() - reported).toBeGreaterThanOrEqual(300);
    await checkInvariants(queue, [line]);
  });

  it('is made again at once where there is no other worker', async () => {
    const { queue } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1', { retryElsewhereMs: 3_600_000 });
    await w.claim(1);
    w.fail(line);
    expect(await w.claim(1)).toEqual([line]);
  });

  it('may be made by anyone when its worker has left', async () => {
    const { queue } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1', { retryElsewhereMs: 3_600_000 });
    const v = await Actor.start(queue, 'v~1');
    await w.claim(1);
    w.fail(line);
    await w.cycle();
    await w.leave();
    expect(await v.claim(1)).toEqual([line]);
    await checkInvariants(queue, [line]);
  });

  it('excludes whole names: w~1 is not w~11', async () => {
    const { queue } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w11 = await Actor.start(queue, 'w~11', { retryElsewhereMs: 3_600_000 });
    const w1 = await Actor.start(queue, 'w~1');
    await w11.claim(1);
    w11.fail(line);
    await w11.cycle();
    expect(await w1.claim(1)).toEqual([line]);
  });

  it('counts as the original counts: one entry an attempt, and the last fails for good', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const workers = [await Actor.start(queue, 'w~1'), await Actor.start(queue, 'v~1')];
    for (let attempt = 1; attempt <= 4; attempt++) {
      const worker = workers[attempt % 2] ?? new Actor(queue, 'none');
      expect(await worker.claim(1)).toEqual([line]);
      worker.fail(line, { exit: attempt, err: `line 1\nValueError: run ${attempt}\n` });
      await worker.cycle();
      expect(await states(queue, [line])).toEqual([attempt < 4 ? 'todo' : 'failed']);
      await checkInvariants(queue, [line]);
    }
    expect(await redis.hget('failed_tasks', line)).toBe('v~1,w~1,v~1,w~1,');
    expect(await redis.hget('task_fail_reason', line)).toBe('"line 1\\nValueError: run 4\\n"');
    expect(await redis.exists('todo_tasks', 'in_progress_tasks', queue.keys.notBefore)).toBe(0);
    expect(await redis.lrange(queue.keys.recentFailed, 0, -1)).toEqual([`4 ${line}`]);
    const kind = 'exit 4  ValueError: run <n>';
    expect(await redis.hgetall(queue.keys.failures)).toEqual({ [kind]: '1' });
    expect(await redis.lrange(`distcomp:failures:${kind}`, 0, -1)).toEqual([line]);
    const { attempts } = await details(queue, line);
    expect(attempts.map(({ number, exit, worker }) => [number, exit, worker])).toEqual([
      [4, 4, 'w~1'],
      [3, 3, 'v~1'],
      [2, 2, 'w~1'],
      [1, 1, 'v~1'],
    ]);
  });

  it.each([0, 1])('is the only one when %i attempts are allowed', async maxAttempts => {
    const { queue } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1', { maxAttempts });
    await w.claim(1);
    w.fail(line);
    await w.cycle();
    expect(await states(queue, [line])).toEqual(['failed']);
    await checkInvariants(queue, [line]);
  });

  it('counts attempts that an original made before', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await redis.hset('failed_tasks', line, 'n1,n2,n1,');
    await redis.hset('todo_tasks', line, '');
    await submit(queue, [line]);
    await sweep(queue, SWEEP_START, 500);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    w.fail(line);
    await w.cycle();
    expect(await details(queue, line)).toMatchObject({
      state: 'failed',
      failedOn: ['n1', 'n2', 'n1', 'w~1'],
    });
    await checkInvariants(queue, [line]);
  });

  it('keeps its number whatever its output says', async () => {
    const { queue } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1', { retryElsewhereMs: 0, maxAttempts: 9 });
    for (const err of ['7 {"a":1}\n', '8 9 10 ', '\n11 {}\n', '']) {
      await w.claim(1);
      w.fail(line, { exit: 1, err });
      await w.cycle();
    }
    const { attempts } = await details(queue, line);
    expect(attempts.map(record => record.number)).toEqual([4, 3, 2, 1]);
    await checkInvariants(queue, [line]);
  });

  it('tells views what happened', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    w.fail(line, { exit: 3, err: 'no' });
    await w.cycle();
    const events = (await redis.xrange(queue.keys.events, '-', '+')).map(([, fields]) => fields);
    const failed = [
      'kind',
      'attempt_failed',
      'line',
      line,
      'worker',
      'w~1',
      'attempt',
      '1',
      'of',
      '4',
    ];
    expect(events).toContainEqual([...failed, 'signature', 'exit 3  no', 'final', '0']);
  });
});

describe('a task given back', () => {
  it('goes to the head of its bucket and counts no attempt', async () => {
    const { queue, redis } = test;
    const tasks = lines(4);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    const [a = '', b = ''] = await w.claim(2);
    w.giveBack(b);
    w.giveBack(a);
    await w.cycle();
    expect(await redis.lrange(LIST, 0, -1)).toEqual(tasks);
    const { attempts, failedOn, losses, state } = await details(queue, a);
    expect({ attempts, failedOn, losses, state }).toEqual({
      attempts: [],
      failedOn: [],
      losses: 0,
      state: 'todo',
    });
    await checkInvariants(queue, tasks);
    expect(await w.claim(1)).toEqual([a]);
    expect(w.held.get(a)?.attempt).toBe(1);
  });

  it('waits for retry as before when it failed before', async () => {
    const { queue } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1', { retryElsewhereMs: 0 });
    await w.claim(1);
    w.fail(line);
    await w.claim(1);
    w.giveBack(line);
    await w.cycle();
    expect(await counts(queue)).toMatchObject({ todo: 1, waitingForRetry: 1 });
    await checkInvariants(queue, [line]);
  });
});

describe('a report counts only for the claim that it is of', () => {
  it('so a task lost and claimed again has one result', async () => {
    const { queue } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    await lookSixTimes(queue);
    const v = await Actor.start(queue, 'v~1');
    await v.claim(1);
    // w thaws, has its name again, and reports.
    await w.prepareRenew([]).send();
    w.finish(line, 'of w');
    await w.cycle();
    expect(await states(queue, [line])).toEqual(['in_progress']);
    await checkInvariants(queue, [line]);
    v.finish(line, 'of v');
    await v.cycle();
    expect(await details(queue, line)).toMatchObject({ worker: 'v~1', result: 'of v', losses: 0 });
    await checkInvariants(queue, [line]);
  });

  it('so a call that arrives after a later one of its instance changes nothing', async () => {
    const { queue, redis } = test;
    const tasks = lines(5);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    const [line = ''] = await w.claim(1);
    w.finish(line, 'late');
    const late = w.prepareCycle({ lanes: 3 });
    await w.renew();
    const before = await snapshot(redis);
    expect(await late.send()).toEqual({ kind: 'stale' });
    expect(await snapshot(redis)).toEqual(before);
    expect(await counts(queue)).toMatchObject({ finished: 0 });
    await checkInvariants(queue, tasks);
  });

  it.each(['finish', 'fail', 'giveBack'] as const)(
    'so a late %s of a task that somebody else finished changes nothing',
    async how => {
      const { queue, redis } = test;
      const [line = ''] = lines(1);
      await submit(queue, [line]);
      const w = await Actor.start(queue, 'w~1');
      await w.claim(1);
      await lookSixTimes(queue);
      const v = await Actor.start(queue, 'v~1');
      expect(await v.drain()).toBe(1);
      // That v has idle lanes would else be forgotten after ten seconds, by itself.
      await redis.persist(queue.keys.hungry);
      await w.prepareRenew([]).send();
      const truths = async () => {
        const { [`distcomp:last:${w.instance}`]: _, ...rest } = await snapshot(redis);
        return rest;
      };
      const before = await truths();
      w[how](line);
      await w.cycle();
      expect(await truths()).toEqual(before);
    },
  );

  it('6: so a late failure leaves a task alone that an original claimed meanwhile', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    await lookSixTimes(queue);
    const n2 = new OriginalActor(redis, 'n2');
    await n2.claim(line);
    await w.prepareRenew([]).send();
    w.fail(line);
    await w.cycle();
    expect(await redis.exists('todo_tasks', 'failed_tasks')).toBe(0);
    expect(await redis.hgetall('in_progress_tasks')).toEqual({ [line]: 'n2' });
    await n2.finish(line, 'of n2');
    expect(await details(queue, line)).toMatchObject({ worker: 'n2', result: 'of n2' });
    await checkInvariants(queue, [line]);
  });

  it('7: so a failure that arrives while an original is between its two steps is dropped', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    // The original's manager moves it to todo, n1 takes it from there.
    await redis.hdel('in_progress_tasks', line);
    await redis.hset('todo_tasks', line, '');
    const n1 = new OriginalActor(redis, 'n1');
    expect(await n1.takeFromTodo(line)).toBe(true);
    w.fail(line);
    await w.cycle();
    expect(await redis.exists('todo_tasks', 'failed_tasks')).toBe(0);
    await n1.putInProgress(line);
    await n1.finish(line);
    await checkInvariants(queue, [line]);
  });

  it('8: so a loss while an original is between its two steps does not put the task back', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    await redis.hdel('in_progress_tasks', line);
    await redis.hset('todo_tasks', line, '');
    const n1 = new OriginalActor(redis, 'n1');
    await n1.takeFromTodo(line);
    expect(await lookSixTimes(queue)).toEqual([w.name]);
    expect(await states(queue, [line])).toEqual(['absent']);
    await n1.putInProgress(line);
    await n1.finish(line);
    await checkInvariants(queue, [line]);
  });

  it.each(['finish', 'fail', 'giveBack', 'loss', 'leave'] as const)(
    'so what an original finished while it ran here stays finished only, after a %s',
    async how => {
      const { queue, redis } = test;
      const [line = ''] = lines(1);
      await submit(queue, [line]);
      const w = await Actor.start(queue, 'w~1');
      await w.claim(1);
      await redis.hset('finished_tasks', line, 'n1: "of n1"');
      if (how === 'loss') await lookSixTimes(queue);
      else if (how === 'leave') await w.leave();
      else w[how](line);
      if (how !== 'loss' && how !== 'leave') await w.cycle();
      expect(await details(queue, line)).toMatchObject({ state: 'finished', result: 'of n1' });
      await checkInvariants(queue, [line]);
    },
  );
});
