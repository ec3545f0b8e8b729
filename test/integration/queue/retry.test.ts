import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { details } from '../../../src/queue/details';
import { retry } from '../../../src/queue/retry';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { Actor, OriginalActor } from '../../setup/actor';
import { checkInvariants, snapshot } from '../../setup/invariants';
import { betweenLooks, lines, lookSixTimes, useQueue } from './harness';

const test = useQueue();

/** Submits tasks and fails them for good, each in one attempt. */
async function failed(tasks: string[]): Promise<Actor> {
  await submit(test.queue, tasks);
  const w = await Actor.start(test.queue, 'w~1', { maxAttempts: 1 });
  for (const line of await w.claim(tasks.length)) w.fail(line, { exit: 1, err: 'no' });
  await w.cycle();
  return w;
}

describe('retry', () => {
  it('puts a failed task back to todo with all attempts before it, and its numbers go on', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    const w = await failed([line]);
    expect(await retry(queue, [line])).toEqual(['retried']);
    expect(await redis.exists('failed_tasks', 'task_fail_reason', queue.keys.losses)).toBe(0);
    expect(await counts(queue)).toMatchObject({ todo: 1, waitingForRetry: 0, failed: 0 });
    const { attempts, failedOn, reason } = await details(queue, line);
    expect({ made: attempts.length, failedOn, reason }).toEqual({ made: 1, failedOn: [] });
    await checkInvariants(queue, [line]);

    // Also where it failed last: nobody is excluded any more.
    expect(await w.claim(1)).toEqual([line]);
    expect(w.held.get(line)?.attempt).toBe(2);
    w.fail(line);
    await w.cycle();
    expect(await states(queue, [line])).toEqual(['failed']);
    expect(await redis.lrange(queue.keys.recentFailed, 0, -1)).toEqual([`2 ${line}`, `1 ${line}`]);
    await checkInvariants(queue, [line]);
  });

  it('forgets losses', async () => {
    const { queue } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const loseOnce = async (n: number) => {
      await (await Actor.start(queue, `w~${n}`)).claim(1);
      await lookSixTimes(queue);
    };
    for (let n = 1; n <= 3; n++) await loseOnce(n);
    expect(await states(queue, [line])).toEqual(['failed']);
    expect(await retry(queue, [line])).toEqual(['retried']);
    await loseOnce(4);
    expect(await details(queue, line)).toMatchObject({ state: 'todo', losses: 1 });
    await checkInvariants(queue, [line]);
  });

  it('with more memory waits for a worker that has it, and asks for at least what the line says', async () => {
    const { queue, redis } = test;
    const [small = '', big = ''] = ['shell:1:2:0:small', 'shell:1:64:0:big'];
    await failed([small, big]);
    expect(await retry(queue, [small, big], { memoryGb: 8 })).toEqual(['retried', 'retried']);
    expect(await redis.hgetall(queue.keys.needs)).toEqual({ [small]: '8', [big]: '64' });
    const v = await Actor.start(queue, 'v~1');
    expect(await v.claim(2, { memoryGb: 7 })).toEqual([]);
    expect(await v.claim(2, { memoryGb: 8 })).toEqual([small]);
    expect(v.held.get(small)?.needMemoryGb).toBe(8);
    await checkInvariants(queue, [small, big]);
  });

  it('forgets how often memory pressure ended a task, and keeps what it was seen to need', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await failed([line]);
    await redis.hset(queue.keys.needs, line, '12.500:3');
    expect((await details(queue, line)).needMemoryGb).toBe(12.5);
    await retry(queue, [line]);
    expect(await redis.hgetall(queue.keys.needs)).toEqual({ [line]: '12.5' });
    await checkInvariants(queue, [line]);
  });

  it('takes the task out of the count of failures of its kind', async () => {
    const { queue, redis } = test;
    const tasks = lines(3);
    const [first = '', second = '', third = ''] = tasks;
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    await w.claim(3);
    for (const line of [first, second]) w.fail(line, { exit: 1, err: 'no such seed' });
    w.fail(third, { exit: 9 });
    await w.cycle();
    const seed = 'exit 1  no such seed';
    const failures = () => redis.hgetall(queue.keys.failures);
    expect(await failures()).toEqual({ [seed]: '2', 'exit 9': '1' });

    await retry(queue, [first, third]);
    expect(await failures()).toEqual({ [seed]: '1' });
    expect(await redis.exists(`${queue.keys.prefix}failures:exit 9`)).toBe(0);
    await w.claim(2);
    w.fail(first, { exit: 9 });
    w.finish(third);
    await w.cycle();
    expect(await failures()).toEqual({ [seed]: '1', 'exit 9': '1' });
    await submit(queue, [first, second]);
    expect(await redis.exists(queue.keys.failures, queue.keys.signatures)).toBe(0);
    await checkInvariants(queue, tasks);
  });

  it('beside an original waits for two looks, and leaves what it moves', async () => {
    const { queue, redis } = test;
    const [ours = '', theirs = ''] = lines(2);
    await failed([ours, theirs]);
    await redis.hset('worker_status', 'n1', '1700000000:0:8:1:64');
    // It has taken a task from todo and not put it in progress yet: that looks like failed for good.
    const n1 = new OriginalActor(redis, 'n1');
    const verdicts = await betweenLooks(
      redis,
      () => retry(queue, [ours, theirs]),
      () => n1.putInProgress(theirs),
    );
    expect(verdicts).toEqual(['retried', 'not_failed']);
    expect(await redis.hgetall('in_progress_tasks')).toEqual({ [theirs]: 'n1' });
    expect(await states(queue, [ours])).toEqual(['todo']);
  });

  it('moves only what failed for good, each line once', async () => {
    const { queue } = test;
    const [final = '', waiting = '', running = '', todo = '', finished = ''] = lines(5);
    await failed([final]);
    await submit(queue, [waiting]);
    const v = await Actor.start(queue, 'v~1');
    await v.claim(1);
    v.fail(waiting);
    await v.cycle();
    await submit(queue, [running, finished]);
    await v.claim(2);
    v.finish(finished);
    await v.cycle();
    await submit(queue, [todo]);
    const all = [final, waiting, running, todo, finished, 'shell:1:0:0:never seen', final];
    expect(await retry(queue, all)).toEqual([
      'retried',
      ...Array.from({ length: 6 }, () => 'not_failed'),
    ]);
    await checkInvariants(queue, [final, waiting, running, todo, finished]);
  });

  it('retries 2,500 in chunks, in the order in which they were named', async () => {
    const { queue, redis } = test;
    const tasks = lines(2500);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    for (let claimed = await w.claim(256); claimed.length > 0; claimed = await w.claim(256)) {
      for (const line of claimed) w.fail(line);
      await w.cycle();
    }
    expect(await counts(queue)).toMatchObject({ failed: 2500, todo: 0 });
    const named = [...tasks].reverse();
    expect((await retry(queue, named)).every(verdict => verdict === 'retried')).toBe(true);
    expect(await redis.lrange('distcomp:ready:1:0:0', 0, -1)).toEqual(named);
    await checkInvariants(queue, tasks);
  });

  it('leaves alone what is no task, such as what the original left of a stop', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await failed([line]);
    const stop = 'WORKER_COMMAND_CLOSE:0:0:0:WORKER_COMMAND_CLOSE';
    await redis.hset('failed_tasks', stop, 'n1,');
    expect(await counts(queue)).toMatchObject({ failed: 1 });
    expect(await retry(queue, [stop, line, 'no task'])).toEqual([
      'not_failed',
      'retried',
      'not_failed',
    ]);
    expect(await redis.hgetall('failed_tasks')).toEqual({ [stop]: 'n1,' });
    expect(await redis.hkeys('todo_tasks')).toEqual([line]);
  });

  it('changes nothing for no lines, or lines that did not fail', async () => {
    const { queue, redis } = test;
    await submit(queue, lines(2));
    const before = await snapshot(redis);
    expect(await retry(queue, [])).toEqual([]);
    expect(await retry(queue, lines(3))).toEqual(['not_failed', 'not_failed', 'not_failed']);
    expect(await snapshot(redis)).toEqual(before);
  });
});
