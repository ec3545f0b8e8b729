import { describe, expect, it } from 'vitest';
import { details, findTask } from '../../../src/queue/details';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { taskId } from '../../../src/tasks/task';
import { Actor } from '../../setup/actor';
import { lines, lookSixTimes, useQueue } from './harness';

const test = useQueue();

describe('details of a task', () => {
  it('of a line that is nowhere say so', async () => {
    const line = 'shell:1:0:0:never';
    expect(await details(test.queue, line)).toEqual({
      line,
      id: taskId(line),
      state: 'absent',
      attempts: [],
      losses: 0,
      failedOn: [],
    });
  });

  it('tell everything of its life, newest attempt first', async () => {
    const { queue, redis } = test;
    const line = 'shell:1:2:0:echo a:b';
    await redis.hset(queue.keys.needs, line, '4');
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1', { retryElsewhereMs: 0 });
    await w.claim(1);
    w.fail(line, { exit: 9, err: 'why\nit failed' });
    await w.claim(1);
    await lookSixTimes(queue);
    const v = await Actor.start(queue, 'v~1');
    await v.claim(1);
    const running = await details(queue, line);
    const [, started] = ((await redis.hget(`distcomp:owned:${v.instance}`, line)) ?? '').split(':');
    expect(running).toMatchObject({
      state: 'in_progress',
      worker: 'v~1',
      startedAt: Number(started),
      losses: 1,
      needMemoryGb: 4,
      failedOn: ['w~1'],
      reason: 'why\nit failed',
      attempts: [
        { number: 2, worker: 'w~1', lost: true },
        { number: 1, worker: 'w~1', exit: 9, err: 'why\nit failed' },
      ],
    });
    expect(running.attempts[0]?.start).toBeLessThanOrEqual(running.attempts[0]?.end ?? 0);
    v.finish(line, 'é\n"');
    await v.cycle();
    const done = await details(queue, line);
    expect(done).toMatchObject({ state: 'finished', worker: 'v~1', result: 'é\n"', failedOn: [] });
    expect(done.attempts.map(record => record.number)).toEqual([3, 2, 1]);
    expect(done).not.toHaveProperty('startedAt');
    expect(done).not.toHaveProperty('reason');
  });
});

describe('states', () => {
  it('answers for 2,500 lines in order, by precedence where hashes overlap', async () => {
    const { queue, redis } = test;
    const tasks = lines(2500);
    const [all = '', running = '', todo = '', failed = ''] = tasks;
    const fill = (key: string, ...some: string[]) =>
      redis.hset(key, Object.fromEntries(some.map(line => [line, 'n1'])));
    await fill('failed_tasks', all, running, todo, failed);
    await fill('todo_tasks', all, running, todo);
    await fill('in_progress_tasks', all, running);
    await fill('finished_tasks', all);
    const found = await states(queue, tasks);
    expect(found.slice(0, 5)).toEqual(['finished', 'in_progress', 'todo', 'failed', 'absent']);
    expect(found).toHaveLength(2500);
    expect(await states(queue, [])).toEqual([]);
  });
});

describe('findTask', () => {
  it('finds a task by its id or the beginning of it, in every state', async () => {
    const { queue } = test;
    const tasks = [...lines(2000), 'shell:1:0:0:echo own:line'];
    const [finished = '', failed = '', running = ''] = tasks;
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    await w.claim(3);
    w.finish(finished);
    w.fail(failed);
    await w.cycle();
    for (const line of [finished, failed, running, tasks.at(-1) ?? '', tasks.at(-2) ?? '']) {
      expect(await findTask(queue, taskId(line))).toBe(line);
      expect(await findTask(queue, taskId(line).slice(0, 11))).toBe(line);
    }
    expect(await findTask(queue, 'ffffffffffff')).toBeUndefined();
  });

  it('finds no stop field', async () => {
    const { queue, redis } = test;
    await redis.hset('todo_tasks', 'WORKER_COMMAND_CLOSE', '');
    expect(await findTask(queue, taskId('WORKER_COMMAND_CLOSE'))).toBeUndefined();
  });
});
