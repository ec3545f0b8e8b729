import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { details } from '../../../src/queue/details';
import { QUEUE_NAMES_KEY } from '../../../src/queue/keys';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { Actor } from '../../setup/actor';
import { checkInvariants, snapshot } from '../../setup/invariants';
import { lines, useQueue } from './harness';

const test = useQueue();

describe('submit', () => {
  it('adds lines in the original’s hash, with the mark of the index as their value', async () => {
    const { queue, redis } = test;
    const tasks = lines(3);
    expect(await submit(queue, tasks)).toEqual(['added', 'added', 'added']);
    const generation = await redis.get(queue.keys.generation);
    expect(generation).toMatch(/^[0-9a-f]{16}$/);
    expect(await redis.hgetall('todo_tasks')).toEqual(
      Object.fromEntries(tasks.map(line => [line, generation])),
    );
    expect(await redis.lrange('distcomp:ready:1:0:0', 0, -1)).toEqual(tasks);
    expect(await redis.smembers(QUEUE_NAMES_KEY)).toEqual(['default']);
    await checkInvariants(queue, tasks);
  });

  it('answers for each line what became of it, in order', async () => {
    const { queue } = test;
    const [todo = '', running = '', finished = '', failed = '', fresh = ''] = lines(5);
    await submit(queue, [running, finished, failed]);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    await w.claim(3);
    w.finish(finished);
    w.fail(failed, { exit: 2, err: 'no' });
    await w.cycle();
    await submit(queue, [todo]);

    const all = [fresh, todo, running, finished, failed];
    expect(await submit(queue, all)).toEqual([
      'added',
      'todo',
      'in_progress',
      'finished',
      'retried',
    ]);
    expect(await states(queue, all)).toEqual(['todo', 'todo', 'in_progress', 'finished', 'todo']);
    const { attempts, failedOn, reason } = await details(queue, failed);
    expect(attempts).toHaveLength(1);
    expect({ failedOn, reason }).toEqual({ failedOn: [], reason: undefined });
    await checkInvariants(queue, all);
  });

  it('changes nothing when it is repeated', async () => {
    const { queue, redis } = test;
    await submit(queue, lines(5));
    const before = await snapshot(redis);
    expect(await submit(queue, lines(5))).toEqual(Array.from({ length: 5 }, () => 'todo'));
    expect(await snapshot(redis)).toEqual(before);
  });

  it('takes a line that stands twice in one call once', async () => {
    const { queue, redis } = test;
    const [a = '', b = ''] = lines(2);
    expect(await submit(queue, [a, b, a, a])).toEqual(['added', 'added', 'todo', 'todo']);
    expect(await redis.llen('distcomp:ready:1:0:0')).toBe(2);
    expect(await counts(queue)).toMatchObject({ todo: 2 });
    await checkInvariants(queue, [a, b]);
  });

  it('adds nothing at all for no lines', async () => {
    const { queue } = test;
    expect(await submit(queue, [])).toEqual([]);
    expect(await counts(queue)).toMatchObject({ todo: 0 });
  });

  it('keeps lines with other than four colons away from the original', async () => {
    const { queue, redis } = test;
    const shared = 'shell:1:0:0:echo plain';
    const own = ['shell:1:0:0:echo a:b', 'shell:1:0:0:60:sleep 1', 'shell:1:0:0:a:b:c:d'];
    expect(await submit(queue, [shared, ...own])).toEqual(['added', 'added', 'added', 'added']);
    expect(await redis.hkeys('todo_tasks')).toEqual([shared]);
    expect((await redis.hkeys('distcomp:todo_tasks')).sort()).toEqual([...own].sort());
    await checkInvariants(queue, [shared, ...own]);

    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    const [first = '', second = '', third = ''] = own;
    await w.claim(4);
    expect(await redis.hkeys('in_progress_tasks')).toEqual([shared]);
    expect((await redis.hkeys('distcomp:in_progress_tasks')).sort()).toEqual([...own].sort());
    w.fail(first);
    w.finish(second);
    w.giveBack(third);
    await w.cycle();
    expect(await redis.hkeys('failed_tasks')).toEqual([]);
    expect(await redis.hkeys('distcomp:failed_tasks')).toEqual([first]);
    expect(await states(queue, own)).toEqual(['failed', 'finished', 'todo']);
    await checkInvariants(queue, [shared, ...own]);
  });

  it('takes lines of any text, as they are', async () => {
    const { queue } = test;
    const odd = [
      'shell:1:0:0:   echo leading and trailing   ',
      'shell:1:0:0:printf "é🙂\u0001\t" \\n \'"$`',
      'python:1:0:0:print("%d %s" % (1, "x"))',
      'demo:1:0:0:!w~1',
      `shell:1:0:0:${'x'.repeat(131_071)}`,
    ];
    await submit(queue, odd);
    const w = await Actor.start(queue, 'w~1');
    expect((await w.claim(10)).sort()).toEqual([...odd].sort());
    for (const line of odd) w.finish(line, line);
    await w.cycle();
    for (const line of odd.slice(0, 4)) {
      expect(await details(queue, line)).toMatchObject({ state: 'finished', result: line });
    }
    await checkInvariants(queue, odd);
  });

  it('brings 20,000 lines and one of 128 KiB beside them to Redis in chunks', async () => {
    const { queue, redis } = test;
    const many = lines(20_000);
    const long = Array.from({ length: 30 }, (_, i) => `shell:2:0:0:${'y'.repeat(130_000)}${i}`);
    const verdicts = await submit(queue, [...many, ...long, ...many]);
    expect(verdicts.slice(0, 20_030).every(verdict => verdict === 'added')).toBe(true);
    expect(verdicts.slice(20_030).every(verdict => verdict === 'todo')).toBe(true);
    expect(await redis.hlen('todo_tasks')).toBe(20_030);
    expect(await redis.lrange('distcomp:ready:1:0:0', 0, -1)).toEqual(many);
    await checkInvariants(queue, [...many, ...long]);
  });

  it.each([
    '',
    'echo hello',
    'shell:1:0:echo',
    'shell:x:0:0:echo',
    'shell:1:-1:0:a',
    'WORKER_COMMAND_CLOSE',
  ])('refuses %j and changes nothing', async bad => {
    const { queue, redis } = test;
    const [there = '', fresh = ''] = lines(2);
    await submit(queue, [there]);
    const before = await snapshot(redis);
    await expect(submit(queue, [fresh, bad, there])).rejects.toThrow('not a task line');
    expect(await snapshot(redis)).toEqual(before);
  });

  it('tells workers and views', async () => {
    const { queue, redis } = test;
    const listener = redis.duplicate({ enableOfflineQueue: true, lazyConnect: false });
    const woken = new Promise(resolve => listener.on('message', (_, text) => resolve(text)));
    await listener.subscribe(queue.keys.wake);
    await submit(queue, lines(3));
    expect(await woken).toBe('3');
    const [[, fields = []] = []] = await redis.xrange(queue.keys.events, '-', '+');
    expect(fields).toEqual(['kind', 'submitted', 'added', '3', 'retried', '0']);
    listener.disconnect();
  });
});
