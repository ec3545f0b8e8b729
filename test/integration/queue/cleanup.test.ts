import { describe, expect, it } from 'vitest';
import { cleanup, cleanupByForce } from '../../../src/queue/cleanup';
import { counts } from '../../../src/queue/counts';
import { originals } from '../../../src/queue/originals';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { Actor, OriginalActor } from '../../setup/actor';
import { checkInvariants, snapshot } from '../../setup/invariants';
import { heardDuring, lines, lookSixTimes, useQueue } from './harness';

const test = useQueue();

let beats = 0;
const beat = (worker: string) =>
  test.redis.hset('worker_status', worker, `${1_700_000_000 + ++beats}:1.00:8:3.00:64`);

/** Originals that run what is named; `dead` had a heartbeat that nobody saw change. */
async function original(name: string, tasks: string[]): Promise<OriginalActor> {
  const n = new OriginalActor(test.redis, name);
  for (const line of tasks) await n.claim(line);
  return n;
}

describe('cleanup', () => {
  it('takes back what dead originals ran and forgets them, and nobody else', async () => {
    const { queue, redis } = test;
    const [a = '', b = '', c = '', d = '', ...rest] = lines(6);
    const all = [a, b, c, d, ...rest];
    await submit(queue, all);
    const w = await Actor.start(queue, 'w~1');
    await original('dead1', [a, b]);
    await original('dead2', [c]);
    await original('lives', [d]);
    const [ours = ''] = await w.claim(1);
    for (const name of ['dead1', 'dead2', 'lives']) await beat(name);
    await lookSixTimes(queue);
    await w.renew();
    await beat('lives');

    const done = await cleanup(queue);
    expect(done.dead.sort((x, y) => x.worker.localeCompare(y.worker))).toEqual([
      { worker: 'dead1', tasks: 2 },
      { worker: 'dead2', tasks: 1 },
    ]);
    expect(done.unknown).toEqual([]);
    expect(await redis.hgetall('in_progress_tasks')).toMatchObject({ [d]: 'lives' });
    expect((await originals(queue)).map(({ worker }) => worker)).toEqual(['lives']);
    expect(await states(queue, [a, b, c])).toEqual(['todo', 'todo', 'todo']);
    expect(ours).not.toBe('');
    await checkInvariants(queue, all);
    expect((await cleanup(queue)).dead).toEqual([]);
  });

  it('goes in steps through many tasks, and wakes those who wait', async () => {
    const { queue, redis } = test;
    const tasks = lines(2500);
    await submit(queue, tasks);
    await redis.del('todo_tasks');
    await redis.hset('in_progress_tasks', Object.fromEntries(tasks.map(line => [line, 'dead'])));
    await beat('dead');
    await lookSixTimes(queue);
    const heard = await heardDuring(queue, () => cleanup(queue));
    expect(heard.reduce((sum, tasksMoved) => sum + Number(tasksMoved), 0)).toBe(2500);
    expect(heard.length).toBeGreaterThan(1);
    expect(await counts(queue)).toMatchObject({ todo: 2500, inProgress: 0 });
    const w = await Actor.start(queue, 'w~1');
    expect(await w.drain(256)).toBe(2500);
    await checkInvariants(queue, tasks);
  });

  it('keeps what died between two commands in one state', async () => {
    const { queue, redis } = test;
    const [finishing = '', failing = ''] = lines(2);
    await submit(queue, [finishing, failing]);
    await original('dead', [finishing, failing]);
    await redis.hset('finished_tasks', finishing, 'dead: "out"');
    await redis.hset('failed_tasks', failing, 'dead,');
    await beat('dead');
    await lookSixTimes(queue);
    expect((await cleanup(queue)).dead).toEqual([{ worker: 'dead', tasks: 1 }]);
    expect(await states(queue, [finishing, failing])).toEqual(['finished', 'todo']);
    expect(await counts(queue)).toMatchObject({ waitingForRetry: 1, failed: 0 });
    await checkInvariants(queue, [finishing, failing]);
  });

  it('leaves one alone whose heartbeat changed since it was found dead', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    await original('n1', [line]);
    await beat('n1');
    await lookSixTimes(queue);
    await beat('n1');
    const before = await snapshot(redis);
    expect(await cleanup(queue)).toEqual({ dead: [], unknown: [] });
    expect(await snapshot(redis)).toEqual(before);
  });

  it('names those under whom tasks stand without any heartbeat, and leaves them alone', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    await original('starting', [line]);
    const before = await snapshot(redis);
    expect(await cleanup(queue)).toEqual({
      dead: [],
      unknown: [{ worker: 'starting', tasks: 1 }],
    });
    expect(await snapshot(redis)).toEqual(before);
  });

  it('can be for one of several', async () => {
    const { queue } = test;
    const [a = '', b = ''] = lines(2);
    await submit(queue, [a, b]);
    await original('dead1', [a]);
    await original('dead2', [b]);
    await beat('dead1');
    await beat('dead2');
    await lookSixTimes(queue);
    expect((await cleanup(queue, 'dead2')).dead).toEqual([{ worker: 'dead2', tasks: 1 }]);
    expect(await states(queue, [a, b])).toEqual(['in_progress', 'todo']);
    expect((await originals(queue)).map(({ worker }) => worker)).toEqual(['dead1']);
  });
});

describe('cleanup by force', () => {
  it('serves one whose heartbeat lives, and does not forget it', async () => {
    const { queue, redis } = test;
    const [line = '', other = ''] = lines(2);
    await submit(queue, [line, other]);
    await original('stuck', [line]);
    await original('n2', [other]);
    await beat('stuck');
    expect(await cleanupByForce(queue, 'stuck')).toBe(1);
    expect(await states(queue, [line, other])).toEqual(['todo', 'in_progress']);
    expect(await redis.hkeys('worker_status')).toEqual(['stuck']);
    await checkInvariants(queue, [line, other]);
  });

  it('serves a name that has no heartbeat at all', async () => {
    const { queue } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    await original('gone', [line]);
    expect(await cleanupByForce(queue, 'gone')).toBe(1);
    expect(await states(queue, [line])).toEqual(['todo']);
    await checkInvariants(queue, [line]);
  });

  it('never touches a worker of ours', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    const before = await snapshot(redis);
    await expect(cleanupByForce(queue, 'w~1')).rejects.toThrow('a worker of ours');
    expect(await snapshot(redis)).toEqual(before);
  });
});
