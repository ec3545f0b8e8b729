import { describe, expect, it } from 'vitest';
import { clear } from '../../../src/queue/clear';
import { counts } from '../../../src/queue/counts';
import { details, findTask } from '../../../src/queue/details';
import { QUEUE_NAMES_KEY } from '../../../src/queue/keys';
import { page } from '../../../src/queue/pages';
import { Queue } from '../../../src/queue/queue';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { taskId } from '../../../src/tasks/task';
import { Actor } from '../../setup/actor';
import { snapshot } from '../../setup/invariants';
import { lines, lookSixTimes, useQueue } from './harness';

const test = useQueue();

describe('a named queue', () => {
  it('has all of its keys under {q}: and none in common with the default queue', async () => {
    const { redis } = test;
    const queue = new Queue(redis, 'q');
    const tasks = [...lines(5), 'shell:1:0:0:echo a:b'];
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    const [finished = '', failed = '', returned = ''] = await w.claim(4);
    w.finish(finished);
    w.fail(failed);
    w.giveBack(returned);
    await w.cycle();
    await lookSixTimes(queue);
    const keys = (await redis.keys('*')).filter(key => key !== QUEUE_NAMES_KEY);
    expect(keys.length).toBeGreaterThan(10);
    for (const key of keys) expect(key.startsWith('{q}:')).toBe(true);
    expect(keys).toContain('{q}:todo_tasks');
    expect(keys).toContain('{q}:distcomp:todo_tasks');
    expect(await redis.smembers(QUEUE_NAMES_KEY)).toEqual(['q']);
  });

  it('knows nothing of the same lines and worker names in other queues', async () => {
    const { redis } = test;
    const queues = ['default', 'q', 'q2'].map(name => new Queue(redis, name));
    const [first, second, third] = queues;
    if (!first || !second || !third) throw new Error('three queues');
    const tasks = lines(3);
    const [line = ''] = tasks;
    await submit(first, tasks);
    expect(await submit(second, tasks)).toEqual(['added', 'added', 'added']);
    const w = await Actor.start(first, 'w~1');
    const v = await Actor.start(second, 'w~1');
    await w.claim(1);
    w.finish(line, 'first');
    await w.cycle();
    expect(await v.claim(1)).toEqual([line]);
    v.finish(line, 'second');
    await v.cycle();
    expect((await details(first, line)).result).toBe('first');
    expect((await details(second, line)).result).toBe('second');
    expect(await states(third, tasks)).toEqual(['absent', 'absent', 'absent']);
    expect(await findTask(third, taskId(line))).toBeUndefined();
    expect((await page(third, 'todo', undefined, 10)).rows).toEqual([]);
    expect(await redis.smembers(QUEUE_NAMES_KEY)).toEqual(expect.arrayContaining(['default', 'q']));

    // Losing one's worker or clearing one leaves the other alone.
    const others = async () =>
      Object.entries(await snapshot(redis)).filter(([key]) => !key.startsWith('{q}:'));
    const before = await others();
    expect(await lookSixTimes(second)).toEqual(['w~1']);
    expect(await clear(second)).toBe(3);
    expect(await others()).toEqual(before);
    expect(await counts(first)).toMatchObject({ todo: 2, finished: 1, workers: 1 });
    expect(await counts(second)).toMatchObject({ todo: 0, finished: 0, workers: 0 });
  });
});

describe('clear', () => {
  it('removes tasks and all that belongs to them, keeps workers, and nothing of others', async () => {
    const { queue, redis } = test;
    await redis.hset('somebody_elses', 'a', '1');
    const tasks = [...lines(5), 'shell:1:0:0:echo a:b'];
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    const [finished = '', failed = ''] = await w.claim(3);
    w.finish(finished);
    w.fail(failed);
    await w.cycle();
    const { epoch, generation } = queue.keys;
    const [oldEpoch, oldGeneration] = await redis.mget(epoch, generation);
    expect(await clear(queue)).toBe(6);
    const [newEpoch, newGeneration] = await redis.mget(epoch, generation);
    expect(newEpoch).not.toBe(oldEpoch);
    expect(newGeneration).not.toBe(oldGeneration);
    const left = (await redis.keys('*')).filter(
      key => !/minutes:|last:|events|duty|undo|capacity/.test(key),
    );
    expect(left.sort()).toEqual([
      epoch,
      generation,
      QUEUE_NAMES_KEY,
      queue.keys.registry,
      queue.keys.workers,
      'somebody_elses',
      'worker_status',
    ]);
  });

  it('counts each task once, and the stop field not at all', async () => {
    const { queue, redis } = test;
    const [again = '', todo = ''] = lines(2);
    await submit(queue, [again]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    w.fail(again);
    await w.cycle();
    await submit(queue, [todo]);
    await redis.hset('todo_tasks', 'WORKER_COMMAND_CLOSE', '');
    expect(await clear(queue)).toBe(2);
    expect(await clear(queue)).toBe(0);
  });
});
