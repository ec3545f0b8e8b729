import { describe, expect, it } from 'vitest';
import { submit } from '../../../src/queue/submit';
import { workers } from '../../../src/queue/workers';
import { workerTasks } from '../../../src/queue/workerTasks';
import { Actor, OriginalActor } from '../../setup/actor';
import { commandsDuring, lines, useQueue } from './harness';

const test = useQueue();

const ask = (worker: string, running = 10, buffered = 10) => ({ worker, running, buffered });

describe('what workers hold', () => {
  it('is what runs, longest first, and what is buffered', async () => {
    const { queue, redis } = test;
    await submit(queue, lines(5));
    const w = await Actor.start(queue, 'w~1');
    await w.claim(3, { buffer: 2 });
    const running = w.lines.filter(line => w.held.get(line)?.runs);
    const owned = `distcomp:owned:${w.instance}`;
    for (const [i, line] of running.entries()) await redis.hset(owned, line, `2:${3000 - i}`);
    const found = (await workerTasks(queue, [ask('w~1')])).get('w~1');
    expect(found).toMatchObject({ runningCount: 3, bufferedCount: 2 });
    expect(found?.running).toEqual(
      running.map((line, i) => ({ line, startedAt: 3000 - i })).toReversed(),
    );
    expect(found?.buffered.toSorted()).toEqual(
      w.lines.filter(one => !running.includes(one)).sort(),
    );
  });

  it('comes in pages, with the counts of all', async () => {
    const { queue } = test;
    await submit(queue, lines(300));
    const w = await Actor.start(queue, 'w~1', { lanes: 300 });
    await w.claim(250);
    const some = (await workerTasks(queue, [ask('w~1', 20, 0)])).get('w~1');
    const more = (await workerTasks(queue, [ask('w~1', 40, 0)])).get('w~1');
    expect(some).toMatchObject({ runningCount: 250, bufferedCount: 0, buffered: [] });
    expect(some?.running).toHaveLength(20);
    expect(more?.running.slice(0, 20)).toEqual(some?.running);
  });

  it('of an original is looked for among what is in progress, unless that is too much', async () => {
    const { queue, redis } = test;
    const tasks = lines(5);
    await submit(queue, tasks);
    const [first = '', second = '', third = ''] = tasks;
    await new OriginalActor(redis, 'n1').claim(first);
    await new OriginalActor(redis, 'n1').claim(second);
    await new OriginalActor(redis, 'n2').claim(third);
    const found = await workerTasks(queue, [ask('n1'), ask('n2', 0), ask('n3')]);
    expect(found.get('n1')?.running).toEqual([first, second].sort().map(line => ({ line })));
    expect(found.get('n1')).toMatchObject({ runningCount: 2, bufferedCount: 0 });
    expect(found.get('n2')).toMatchObject({ runningCount: 1, running: [] });
    expect(found.get('n3')).toMatchObject({ runningCount: 0 });
    const many = Object.fromEntries(lines(2001, 'shell:2:0:0').map(line => [line, 'n2']));
    await redis.hset('in_progress_tasks', many);
    const cost = await commandsDuring(redis, async () => {
      const unknown = await workerTasks(queue, [ask('n1')]);
      expect(unknown.get('n1')?.runningCount).toBeUndefined();
    });
    expect(cost.get('hscan')).toBeUndefined();
  });

  it('of nobody is nothing', async () => {
    const { queue } = test;
    expect((await workerTasks(queue, [ask('gone~1')])).get('gone~1')).toEqual({
      runningCount: 0,
      bufferedCount: 0,
      running: [],
      buffered: [],
    });
    expect(await workerTasks(queue, [])).toEqual(new Map());
  });
});

describe('the cost of looking at workers', () => {
  it('is one call with as many commands for 200 workers as for two', async () => {
    const { queue, redis } = test;
    const start = async (from: number, to: number) => {
      for (let n = from; n < to; n++) await Actor.start(queue, `node${n}~1`);
    };
    const cost = () => commandsDuring(redis, () => workers(queue));
    await start(0, 2);
    await cost();
    const few = await cost();
    await start(2, 200);
    const many = await cost();
    expect(many).toEqual(few);
    expect(many.get('evalsha')).toBe(1);
    expect([...many.values()].reduce((sum, calls) => sum + calls, 0)).toBeLessThan(12);
  });

  it('is two commands a worker whose tasks are shown, in one call', async () => {
    const { queue, redis } = test;
    for (let n = 0; n < 50; n++) await Actor.start(queue, `node${n}~1`);
    const asks = Array.from({ length: 50 }, (_, n) => ask(`node${n}~1`));
    await workerTasks(queue, asks);
    const cost = await commandsDuring(redis, () => workerTasks(queue, asks));
    expect(cost.get('evalsha')).toBe(1);
    expect(cost.get('hscan')).toBe(50);
    expect(cost.get('hget')).toBe(50);
    expect([...cost.keys()].filter(name => /hgetall|hkeys|hvals|smembers/.test(name))).toEqual([]);
  });
});
