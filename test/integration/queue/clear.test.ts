import { describe, expect, it } from 'vitest';
import { clear } from '../../../src/queue/clear';
import { counts } from '../../../src/queue/counts';
import { details } from '../../../src/queue/details';
import { undoable } from '../../../src/queue/journal';
import { page } from '../../../src/queue/pages';
import { removeFinished } from '../../../src/queue/removeFinished';
import { retry } from '../../../src/queue/retry';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { Actor } from '../../setup/actor';
import { checkInvariants } from '../../setup/invariants';
import { commandsDuring, heardDuring, lines, total, useQueue } from './harness';
import { interruptedAfter } from './interrupted';

const test = useQueue();

async function finish(w: Actor, tasks: readonly string[]): Promise<void> {
  await submit(test.queue, tasks);
  while ((await w.drain()) > 0);
}

describe('clear', () => {
  it('leaves the queue closed and paused, as it was, and its workers draining', async () => {
    const { queue, redis } = test;
    await submit(queue, lines(2));
    const stop = 'WORKER_COMMAND_CLOSE';
    await redis.hset('todo_tasks', stop, '');
    await redis.hset('failed_tasks', `${stop}:0:0:0:${stop}`, 'n1,');
    await redis.set(queue.keys.paused, '1');
    await redis.sadd(queue.keys.draining, 'w~1');
    expect(await clear(queue)).toBe(2);
    expect(await redis.hgetall('todo_tasks')).toEqual({ [stop]: '' });
    expect(await redis.exists('failed_tasks')).toBe(0);
    expect(await redis.exists(queue.keys.paused, queue.keys.draining)).toBe(2);
    await checkInvariants(queue, []);
  });

  it('has workers end what they run at once, and takes what originals have in progress', async () => {
    const { queue, redis } = test;
    const tasks = lines(3);
    const [theirs = ''] = tasks;
    await submit(queue, tasks.slice(1));
    const w = await Actor.start(queue, 'w~1');
    await w.claim(2);
    await redis.hset('in_progress_tasks', theirs, 'n1');
    const heard = await heardDuring(queue, async () => expect(await clear(queue)).toBe(3));
    expect(heard).toEqual(['renew']);
    expect(await w.renew()).toMatchObject({ toEnd: { length: 2 } });
    expect(w.lines).toEqual([]);
    expect(await redis.exists('in_progress_tasks')).toBe(0);
    await checkInvariants(queue, []);
  });

  it('costs the same for a thousand tasks as for ten', async () => {
    const { queue, redis } = test;
    const cost = async (count: number) => {
      const w = await Actor.start(queue, `w~${count}`);
      await finish(w, lines(count, 'shell:2:0:0'));
      await w.leave();
      await submit(queue, lines(count));
      return total(await commandsDuring(redis, () => clear(queue)));
    };
    // The first one also brings the script.
    await cost(1);
    expect(await cost(1000)).toBe(await cost(10));
  });
});

describe('remove finished', () => {
  it('removes results and attempts of what finished, and nothing else', async () => {
    const { queue, redis } = test;
    const [done = '', broken = '', todo = ''] = lines(3);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    await submit(queue, [done, broken]);
    await w.claim(2);
    w.finish(done, 'out');
    w.fail(broken);
    await w.cycle();
    await submit(queue, [todo]);
    const before = await redis.mget(queue.keys.epoch, queue.keys.generation);
    expect(await removeFinished(queue)).toBe(1);
    expect(await states(queue, [done, broken, todo])).toEqual(['absent', 'failed', 'todo']);
    expect(await redis.hkeys(queue.keys.attempts)).toEqual([broken]);
    expect(await counts(queue)).toMatchObject({ todo: 1, failed: 1, finished: 0, workers: 1 });
    expect((await page(queue, 'finished', undefined, 10)).rows).toEqual([]);
    // The index is as it was; what still ran of before is nobody's.
    const [epoch, generation] = await redis.mget(queue.keys.epoch, queue.keys.generation);
    expect(epoch).not.toBe(before[0]);
    expect(generation).toBe(before[1]);
    expect(await undoable(queue)).toMatchObject([{ kind: 'remove_finished', tasks: 1 }]);
    await checkInvariants(queue, [broken, todo]);
  });

  it('lets a line that is submitted again begin anew, its failures of before forgotten', async () => {
    const { queue } = test;
    const [line = ''] = lines(1);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    const failOnce = async () => {
      expect(await w.claim(1)).toEqual([line]);
      w.fail(line);
      await w.cycle();
    };
    await submit(queue, [line]);
    await failOnce();
    await retry(queue, [line]);
    expect(await w.drain()).toBe(1);
    await removeFinished(queue);
    await submit(queue, [line]);
    await failOnce();
    const { rows } = await page(queue, 'failed', undefined, 10);
    expect(rows).toMatchObject([{ line, attempts: 1 }]);
    await checkInvariants(queue, [line]);
  });

  it('leaves attempts of a line that runs again, however late it comes to them', async () => {
    const { queue, redis } = test;
    const [again = '', ...others] = lines(3);
    const w = await Actor.start(queue, 'w~1');
    await finish(w, [again, ...others]);
    const broken = removeFinished(interruptedAfter(queue, 1));
    await expect(broken).rejects.toThrow('interrupted');
    await finish(w, [again]);
    const numbers = async () => (await details(queue, again)).attempts.map(({ number }) => number);
    expect(await numbers()).toEqual([2, 1]);
    expect(await removeFinished(queue)).toBe(1);
    await checkInvariants(queue, []);
    expect((await redis.hkeys(queue.keys.attempts)).sort()).toEqual(others);
  });
});
