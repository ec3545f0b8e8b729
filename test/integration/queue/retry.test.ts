import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { details } from '../../../src/queue/details';
import { retry } from '../../../src/queue/retry';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { Actor } from '../../setup/actor';
import { checkInvariants, snapshot } from '../../setup/invariants';
import { lines, lookSixTimes, useQueue } from './harness';

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
