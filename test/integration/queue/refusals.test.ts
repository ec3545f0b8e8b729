/** A script that cannot do all of its work does none of it. */
import { describe, expect, it } from 'vitest';
import { cancel } from '../../../src/queue/cancel';
import { clear } from '../../../src/queue/clear';
import { queueKeys } from '../../../src/queue/keys';
import { recover } from '../../../src/queue/recover';
import { removeFinished } from '../../../src/queue/removeFinished';
import { retry } from '../../../src/queue/retry';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { SWEEP_START, sweep } from '../../../src/queue/sweep';
import { undo } from '../../../src/queue/undo';
import { Actor } from '../../setup/actor';
import { checkInvariants, snapshot } from '../../setup/invariants';
import { lines, lookSixTimes, useQueue } from './harness';

const test = useQueue({ settings: { 'maxmemory-policy': 'noeviction' } });

/** Redis has no room for anything more while this runs. */
async function whileFull<T>(work: () => Promise<T>): Promise<T> {
  await test.redis.config('SET', 'maxmemory', '1mb');
  try {
    return await work();
  } finally {
    await test.redis.config('SET', 'maxmemory', '0');
  }
}

describe('while Redis is full', () => {
  it('submit is refused and changes nothing', async () => {
    const { queue, redis } = test;
    const [there = '', failed = '', ...fresh] = lines(5);
    await submit(queue, [there, failed]);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    await w.claim(2);
    w.fail(failed);
    await w.cycle();
    const before = await snapshot(redis);
    await whileFull(async () => {
      for (const some of [fresh, [failed], [failed, ...fresh]]) {
        await expect(submit(queue, some)).rejects.toThrow(/^OOM/);
      }
    });
    expect(await snapshot(redis)).toEqual(before);
    await checkInvariants(queue, [there, failed]);
  });

  it('workers report, claim what is there, and keep their names', async () => {
    const { queue } = test;
    const tasks = lines(6);
    const [finished = '', failed = '', again = '', returned = ''] = tasks;
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(4);
    await whileFull(async () => {
      w.finish(finished, 'it went through');
      await w.cycle();
      w.fail(failed);
      await w.cycle();
      w.fail(again);
      w.giveBack(returned);
      expect(await w.cycle({ lanes: 1 })).toEqual([returned]);
      expect(await w.renew()).toMatchObject({ kind: 'ok', toEnd: [] });
      expect(await w.cycle()).toEqual([]);
    });
    expect(await states(queue, tasks.slice(0, 4))).toEqual([
      'finished',
      'todo',
      'todo',
      'in_progress',
    ]);
    await checkInvariants(queue, tasks);
  });

  it('a worker that does nothing is not lost: its heartbeat goes through', async () => {
    const { queue } = test;
    const w = await Actor.start(queue, 'w~1');
    await recover(queue, 0);
    await whileFull(async () => {
      for (let beat = 0; beat < 8; beat++) {
        expect(await w.renew()).toMatchObject({ kind: 'ok' });
        expect(await recover(queue, 0)).toEqual([]);
      }
    });
    expect(await lookSixTimes(queue)).toEqual(['w~1']);
  });

  it('a worker leaves, a queue is cleared', async () => {
    const { queue } = test;
    const tasks = lines(3);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(2);
    expect(await whileFull(() => w.leave())).toBe(2);
    await checkInvariants(queue, tasks);
    expect(await whileFull(() => clear(queue))).toBe(3);
    await checkInvariants(queue, []);
  });
});

describe('a key that holds something else', () => {
  /** Some of everything, so that every call below has something to do. */
  async function workedIn(): Promise<{ w: Actor; tasks: string[] }> {
    const { queue } = test;
    const tasks = [...lines(8), 'shell:1:0:0:echo a:b'];
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    const [finished = '', failed = ''] = await w.claim(5);
    w.finish(finished);
    w.fail(failed);
    await w.cycle();
    return { w, tasks };
  }

  const calls: Record<string, (w: Actor, tasks: string[]) => Promise<unknown>> = {
    submit: (_, tasks) => submit(test.queue, [...tasks, 'shell:1:0:0:fresh']),
    claim: w => w.prepareCycle({ lanes: 3 }).send(),
    report: w => {
      for (const line of w.lines) w.finish(line);
      return w.prepareCycle({ lanes: 3 }).send();
    },
    renew: w => w.prepareRenew([]).send(),
    register: w => new Actor(w.queue, 'w~1').takeOver(w),
    leave: w => w.leave(),
    recover: () => lookSixTimes(test.queue),
    retry: (_, tasks) => retry(test.queue, tasks),
    sweep: () => sweep(test.queue, SWEEP_START, 500),
    cancel: (_, tasks) => cancel(test.queue, tasks),
    removeFinished: () => removeFinished(test.queue),
    undo: () => undo(test.queue, 'id'),
    clear: () => clear(test.queue),
  };

  // The channel is no key.
  const { wake, fixed, ...keys } = queueKeys('default');
  const { epoch, generation, paused, reservation, hungry, capacity, placeFor } = keys;
  const texts = [epoch, generation, paused, reservation, hungry, capacity, placeFor];
  it.each(fixed.filter(key => key !== wake))(
    '%s makes every changing call refuse before its first write',
    async key => {
      const { redis } = test;
      const { w, tasks } = await workedIn();
      await redis.hset('todo_tasks', 'shell:9:0:0:new', '');
      await redis.del(key);
      await redis.setbit(key, 7, 1);
      // A string is what belongs there.
      if (texts.includes(key)) await redis.del(key).then(() => redis.lpush(key, 'x'));
      const before = await snapshot(redis);
      for (const [name, call] of Object.entries(calls)) {
        await expect(call(w, tasks), name).rejects.toThrow(/holds a|WRONGTYPE/);
      }
      expect(await snapshot(redis)).toEqual(before);
    },
  );

  it('is named, with what it holds and what belongs there', async () => {
    await test.redis.set('failed_tasks', 'x');
    await expect(submit(test.queue, lines(1))).rejects.toThrow(
      'the key failed_tasks holds a string where DistComp keeps a hash',
    );
  });

  it.each(['owned', 'last'])('%s of an instance makes its worker’s calls refuse', async name => {
    const { queue, redis } = test;
    const { w, tasks } = await workedIn();
    const key = `${queue.keys.prefix}${name}:${w.instance}`;
    await redis.del(key);
    await redis.lpush(key, 'x');
    const before = await snapshot(redis);
    for (const call of ['claim', 'report', 'renew']) {
      await expect(calls[call]?.(w, tasks), call).rejects.toThrow(/holds a|WRONGTYPE/);
      expect(await snapshot(redis)).toEqual(before);
    }
  });
});
