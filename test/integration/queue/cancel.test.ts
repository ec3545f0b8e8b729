import { describe, expect, it } from 'vitest';
import { cancel, cancelAll } from '../../../src/queue/cancel';
import { counts } from '../../../src/queue/counts';
import { details } from '../../../src/queue/details';
import { page } from '../../../src/queue/pages';
import { retry } from '../../../src/queue/retry';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { Actor, OriginalActor } from '../../setup/actor';
import { checkInvariants, snapshot } from '../../setup/invariants';
import { heardDuring, lines, useQueue } from './harness';

const test = useQueue();

describe('cancelling', () => {
  it('fails a waiting task at once, in a form that the original can read', async () => {
    const { queue, redis } = test;
    const [line = '', other = ''] = lines(2);
    await submit(queue, [line, other]);
    expect(await cancel(queue, [line])).toEqual(['cancelled']);
    expect(await redis.hgetall('failed_tasks')).toEqual({ [line]: '' });
    expect(await redis.hgetall('task_fail_reason')).toEqual({ [line]: '"cancelled"' });
    expect(await redis.hkeys('todo_tasks')).toEqual([other]);
    expect(await counts(queue)).toMatchObject({ todo: 1, failed: 1 });
    expect(await redis.hgetall(queue.keys.failures)).toEqual({ cancelled: '1' });
    const { rows } = await page(queue, 'failed', undefined, 10);
    expect(rows).toEqual([{ line, reason: 'cancelled' }]);
    expect((await details(queue, line)).attempts).toEqual([]);

    const w = await Actor.start(queue, 'w~1');
    expect(await w.claim(8)).toEqual([other]);
    await checkInvariants(queue, [line, other]);
  });

  it('takes a running task from its worker, which hears of it and ends it', async () => {
    const { queue, redis } = test;
    const [line = '', own = ''] = ['shell:1:0:0:echo a', 'shell:1:0:0:echo a:b'];
    await submit(queue, [line, own]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(8);
    const heard = await heardDuring(queue, async () => {
      expect(await cancel(queue, [line, own])).toEqual(['cancelled', 'cancelled']);
    });
    expect(heard).toEqual(['renew']);
    await checkInvariants(queue, [line, own]);
    const answer = await w.renew();
    expect(answer.kind === 'ok' && answer.toEnd.sort()).toEqual([line, own].sort());
    expect(await redis.hgetall(queue.keys.ownFailed)).toEqual({ [own]: '' });

    const [attempt, ...others] = (await details(queue, line)).attempts;
    expect(others).toEqual([]);
    expect(attempt).toMatchObject({ number: 1, worker: 'w~1', cancelled: true });
    expect(attempt?.start).toBeGreaterThan(0);
    expect(attempt?.end).toBeGreaterThanOrEqual(attempt?.start ?? Number.POSITIVE_INFINITY);
    const { rows } = await page(queue, 'failed', undefined, 10);
    expect(rows.map(row => row.reason)).toEqual(['cancelled', 'cancelled']);
  });

  it('lets no result of the owner count', async () => {
    const { queue, redis } = test;
    const [finishes = '', fails = '', goesBack = ''] = lines(3);
    await submit(queue, [finishes, fails, goesBack]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(3);
    await cancel(queue, [finishes, fails, goesBack]);
    w.finish(finishes, 'late');
    w.fail(fails);
    w.giveBack(goesBack);
    await w.cycle();
    expect(await states(queue, [finishes, fails, goesBack])).toEqual([
      'failed',
      'failed',
      'failed',
    ]);
    expect(await redis.hvals('failed_tasks')).toEqual(['', '', '']);
    await checkInvariants(queue, [finishes, fails, goesBack]);
  });

  it('says nothing of an attempt for what was only buffered', async () => {
    const { queue } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1');
    await w.cycle({ lanes: 0, buffer: 1 });
    expect(w.held.get(line)?.runs).toBe(false);
    expect(await cancel(queue, [line])).toEqual(['cancelled']);
    expect((await details(queue, line)).attempts).toEqual([]);
    await checkInvariants(queue, [line]);
  });

  it('keeps what is known of the failures of a task that waits for another attempt', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    w.fail(line, { exit: 3, err: 'no' });
    await w.cycle();
    expect(await counts(queue)).toMatchObject({ todo: 1, waitingForRetry: 1 });
    expect(await cancel(queue, [line])).toEqual(['cancelled']);
    expect(await redis.hget('failed_tasks', line)).toBe('w~1,');
    expect(await counts(queue)).toMatchObject({ todo: 0, waitingForRetry: 0, failed: 1 });
    const { rows } = await page(queue, 'failed', undefined, 10);
    expect(rows).toMatchObject([{ line, reason: 'cancelled', attempts: 1 }]);
    await checkInvariants(queue, [line]);
  });

  it('refuses one that an original runs, and says so', async () => {
    const { queue, redis } = test;
    const [line = '', waits = ''] = lines(2);
    await submit(queue, [line, waits]);
    const n1 = new OriginalActor(redis, 'n1');
    await n1.claim(line);
    expect(await cancel(queue, [line, waits])).toEqual(['on_original', 'cancelled']);
    expect(await redis.hgetall('in_progress_tasks')).toEqual({ [line]: 'n1' });
    await checkInvariants(queue, [line, waits]);
  });

  it('leaves what is neither waiting nor running, and what is no task', async () => {
    const { queue, redis } = test;
    const [finished = '', failed = '', absent = ''] = lines(3);
    await submit(queue, [finished, failed]);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    await w.claim(2);
    w.finish(finished);
    w.fail(failed);
    await w.cycle();
    await redis.hset('todo_tasks', 'WORKER_COMMAND_CLOSE', '');
    const before = await snapshot(redis);
    const named = [finished, failed, absent, 'WORKER_COMMAND_CLOSE'];
    expect(await cancel(queue, named)).toEqual(named.map(() => 'not_active'));
    expect(await snapshot(redis)).toEqual(before);
  });

  it('takes back what a manager of the original moved to todo while we run it', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    await redis.hdel('in_progress_tasks', line);
    await redis.hset('todo_tasks', line, '');
    expect(await cancel(queue, [line])).toEqual(['cancelled']);
    w.finish(line);
    await w.cycle();
    expect(await states(queue, [line])).toEqual(['failed']);
    await checkInvariants(queue, [line]);
  });

  it('shows a task that was retried and cancelled once in the list of failures', async () => {
    const { queue } = test;
    const [never = '', failed = ''] = lines(2);
    await submit(queue, [never, failed]);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    await cancel(queue, [never]);
    await w.claim(1);
    w.fail(failed, { exit: 3 });
    await w.cycle();
    await retry(queue, [never, failed]);
    expect(await cancel(queue, [failed, never])).toEqual(['cancelled', 'cancelled']);
    const { rows } = await page(queue, 'failed', undefined, 10);
    expect(rows.map(row => row.line)).toEqual([never, failed]);
    await checkInvariants(queue, [never, failed]);
  });
});

describe('cancelling all that waits', () => {
  it('goes in steps, leaves what runs, and leaves no index to look through', async () => {
    const { queue, redis } = test;
    const own = lines(10).map(line => `${line}:b`);
    const tasks = [...lines(3000), ...own];
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    const running = await w.claim(5);
    await redis.hset('todo_tasks', 'WORKER_COMMAND_CLOSE', '');
    const steps: string[][] = [];
    for await (const step of cancelAll(queue, 'todo')) {
      steps.push(step.flatMap(({ line, verdict }) => (verdict === 'cancelled' ? [line] : [])));
    }
    expect(steps.length).toBeGreaterThan(1);
    expect(steps.flat().length).toBe(tasks.length - running.length);
    expect(await counts(queue)).toMatchObject({
      todo: 0,
      inProgress: running.length,
      failed: tasks.length - running.length,
      closed: true,
    });
    expect(await redis.keys(`${queue.keys.prefix}ready*`)).toEqual([]);
    await redis.hdel('todo_tasks', 'WORKER_COMMAND_CLOSE');
    await submit(queue, ['shell:1:0:0:new']);
    expect(await w.claim(1)).toEqual(['shell:1:0:0:new']);
    await checkInvariants(queue, [...tasks, 'shell:1:0:0:new']);
  });
});
