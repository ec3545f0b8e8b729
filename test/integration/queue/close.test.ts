import { describe, expect, it } from 'vitest';
import { close, open } from '../../../src/queue/close';
import { counts } from '../../../src/queue/counts';
import { submit } from '../../../src/queue/submit';
import { Actor } from '../../setup/actor';
import { checkInvariants, snapshot } from '../../setup/invariants';
import { heardDuring, lines, useQueue } from './harness';

const test = useQueue();

/** What the original makes of the stop field, beside the field itself. */
const LEFT_BEHIND = 'WORKER_COMMAND_CLOSE:0:0:0:WORKER_COMMAND_CLOSE';

describe('closing', () => {
  it('sets the field by which the original is closed, and nobody claims', async () => {
    const { queue, redis } = test;
    const tasks = lines(1);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    expect(await heardDuring(queue, () => close(queue))).toEqual(['closed']);
    expect(await redis.hget('todo_tasks', 'WORKER_COMMAND_CLOSE')).toBe('');
    expect(await counts(queue)).toMatchObject({ closed: true, todo: 1 });
    expect(await w.claim(1)).toEqual([]);
    const before = await snapshot(redis);
    expect(await close(queue)).toBe(false);
    expect(await snapshot(redis)).toEqual(before);
    await checkInvariants(queue, tasks);
  });

  it('is taken back by opening, with all that the original made of it', async () => {
    const { queue, redis } = test;
    const tasks = lines(1);
    await submit(queue, tasks);
    await close(queue);
    await redis.hset('todo_tasks', LEFT_BEHIND, '');
    await redis.hset('failed_tasks', LEFT_BEHIND, 'n1,', 'WORKER_COMMAND_CLOSE', '');
    await redis.hset('task_fail_reason', LEFT_BEHIND, '""');
    const w = await Actor.start(queue, 'w~1');
    expect(await heardDuring(queue, () => open(queue))).toEqual(['opened']);
    expect(await redis.exists('failed_tasks', 'task_fail_reason')).toBe(0);
    expect(await counts(queue)).toMatchObject({ closed: false, todo: 1, failed: 0 });
    expect(await w.claim(1)).toEqual(tasks);
    expect(await open(queue)).toBe(false);
    await checkInvariants(queue, tasks);
  });

  it('concerns one queue', async () => {
    const { queue, redis } = test;
    await close(queue);
    expect(await redis.keys('*todo_tasks')).toEqual(['todo_tasks']);
  });
});
