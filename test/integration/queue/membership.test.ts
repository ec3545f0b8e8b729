import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { details } from '../../../src/queue/details';
import { holderOf, parseHolder, printHolder } from '../../../src/queue/membership';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { Actor, OriginalActor } from '../../setup/actor';
import { checkInvariants, snapshot } from '../../setup/invariants';
import { lines, lookSixTimes, useQueue } from './harness';

const test = useQueue();

describe('who is on duty', () => {
  it('is alone until another is registered, or an original tells how it is', async () => {
    const { queue, redis } = test;
    const isAlone = async (actor: Actor) => {
      await redis.del(`distcomp:duty`);
      const answer = await actor.renew();
      return answer.kind === 'ok' && answer.onDuty && answer.isAlone;
    };
    const w = await Actor.start(queue, 'w~1');
    expect(await isAlone(w)).toBe(true);
    await redis.hset(queue.keys.status, 'node1', '1:1.00:2.00:3.00:4.00');
    expect(await isAlone(w)).toBe(false);
    await redis.hdel(queue.keys.status, 'node1');
    const v = new Actor(queue, 'v~1');
    await v.register();
    expect(await isAlone(w)).toBe(false);
  });
});

describe('register', () => {
  it('takes a free name and answers with the epoch and the time of Redis', async () => {
    const { queue, redis } = test;
    const w = new Actor(queue, 'w~1');
    const [seconds = 0] = await redis.time();
    const answer = await w.register();
    expect(answer).toMatchObject({
      registered: true,
      recovered: 0,
      epoch: await redis.get(queue.keys.epoch),
    });
    expect(answer.registered && answer.nowMs).toBeGreaterThanOrEqual(Number(seconds) * 1000);
    expect(parseHolder((await holderOf(queue, 'w~1')) ?? '')).toEqual(w.holder);
  });

  it('refuses a name that is held, and says by whom', async () => {
    const { queue, redis } = test;
    const w = await Actor.start(queue, 'w~1');
    const before = await snapshot(redis);
    const other = new Actor(queue, 'w~1');
    const held = { registered: false, held: printHolder(w.holder) };
    expect(await other.register()).toEqual(held);
    expect(await other.takeOver(new Actor(queue, 'w~1'))).toEqual(held);
    expect(await snapshot(redis)).toEqual(before);
  });

  it('gives one name to one of many that ask at once', async () => {
    const { queue } = test;
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => new Actor(queue, 'w~1').register()),
    );
    expect(answers.filter(answer => answer.registered)).toHaveLength(1);
  });

  it('answers a repeated call as the first one, and recovers nothing', async () => {
    const { queue } = test;
    const tasks = lines(1);
    await submit(queue, tasks);
    const w = new Actor(queue, 'w~1');
    const first = await w.register();
    expect(first).toMatchObject({ registered: true });
    expect(await w.register()).toMatchObject({ registered: true, recovered: 0 });
    await w.renew();
    const next = new Actor(queue, 'w~1');
    await w.claim(1);
    expect(await next.takeOver(w)).toMatchObject({ registered: true, recovered: 1 });
    expect(await next.takeOver(w)).toMatchObject({ registered: true, recovered: 0 });
    expect((await details(queue, tasks[0] ?? '')).losses).toBe(1);
  });

  it('takes over from an instance that is gone: started tasks count a loss, buffered ones none', async () => {
    const { queue, redis } = test;
    const tasks = lines(3);
    const [started = '', buffered = '', waiting = ''] = tasks;
    await submit(queue, tasks);
    const gone = await Actor.start(queue, 'w~1');
    await gone.claim(2);
    await redis.hset(`distcomp:owned:${gone.instance}`, buffered, `${gone.seq}:0`);
    const next = new Actor(queue, 'w~1');
    expect(await next.takeOver(gone)).toMatchObject({ registered: true, recovered: 2 });
    expect(await states(queue, tasks)).toEqual(['todo', 'todo', 'todo']);
    expect(await redis.lrange('distcomp:ready:1:0:0', 0, -1)).toEqual([buffered, waiting, started]);
    expect(await details(queue, started)).toMatchObject({
      losses: 1,
      failedOn: [],
      attempts: [{ number: 1, worker: 'w~1', lost: true }],
    });
    expect(await details(queue, buffered)).toMatchObject({ losses: 0, attempts: [] });
    await checkInvariants(queue, tasks);
    // What the dead one still sends counts for nothing.
    gone.finish(started);
    expect(await gone.prepareCycle({ lanes: 5 }).send()).toEqual({ kind: 'unregistered' });
    expect(await gone.prepareRenew().send()).toEqual({ kind: 'taken' });
    await checkInvariants(queue, tasks);
  });
});

describe('renew', () => {
  it('writes the heartbeat as the original reads it, and details beside it', async () => {
    const { queue, redis } = test;
    const [before = 0] = await redis.time();
    const w = await Actor.start(queue, 'w~1');
    const [after = 0] = await redis.time();
    const status = (await redis.hget('worker_status', 'w~1')) ?? '';
    expect(status.split(':')).toEqual([expect.any(String), '1.00', '200.00', '0.83', '23.54']);
    expect(Number(status.split(':')[0])).toBeGreaterThanOrEqual(Number(before));
    expect(Number(status.split(':')[0])).toBeLessThanOrEqual(Number(after));
    expect(JSON.parse((await redis.hget(queue.keys.workers, 'w~1')) ?? '')).toEqual({
      pid: 1,
      version: '0.0.0',
      state: 'working',
      lanes: 8,
      capacity_gb: 1000,
      spare_gb: 1000,
      promised_gb: 0,
      promised_cores: 0,
      running: 0,
      buffered: 0,
      rate: 0,
      ended: 0,
      failed: 0,
      recent_ended: 0,
      recent_failed: 0,
      switches: { prefetch: 4 },
    });
    await w.renew();
    expect(await redis.hget('worker_status', 'w~1')).toMatch(/^\d+:2\.00:200\.00:0\.83:23\.54$/);
  });

  it('leaves in peace what the worker holds and Redis knows', async () => {
    const { queue } = test;
    const tasks = lines(3);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(2);
    expect(await w.renew()).toMatchObject({ kind: 'ok', toEnd: [] });
    expect(await counts(queue)).toMatchObject({ todo: 1, inProgress: 2 });
    await checkInvariants(queue, tasks);
  });

  it('gives back what the worker does not hold', async () => {
    const { queue } = test;
    const tasks = lines(3);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.prepareCycle({ lanes: 2 }).send();
    await w.renew();
    expect(await counts(queue)).toMatchObject({ todo: 3, inProgress: 0 });
    await checkInvariants(queue, tasks);
    expect(await w.claim(3)).toEqual(expect.arrayContaining(tasks));
  });

  it('gives back what is owned with another token than the worker holds', async () => {
    const { queue } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    const task = w.held.get(line);
    const stranger = { line, seq: 99, runs: true, epoch: task?.epoch ?? '' };
    expect(await w.prepareRenew([stranger]).send()).toMatchObject({ toEnd: [line] });
    expect(await states(queue, [line])).toEqual(['todo']);
    await checkInvariants(queue, [line]);
  });

  it('adopts again what runs, was taken from the worker and by nobody since', async () => {
    const { queue, redis } = test;
    const tasks = lines(2);
    const [runs = '', buffered = ''] = tasks;
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(2);
    const held = [...w.held.values()].map(task => ({ ...task, runs: task.line === runs }));
    await lookSixTimes(queue);
    expect(await states(queue, tasks)).toEqual(['todo', 'todo']);
    expect(await w.prepareRenew(held).send()).toMatchObject({ kind: 'ok', toEnd: [buffered] });
    expect(await states(queue, tasks)).toEqual(['in_progress', 'todo']);
    expect(await redis.hkeys(queue.keys.registry)).toEqual(['w~1']);
    await checkInvariants(queue, tasks);
    w.finish(runs, 'after all');
    await w.cycle();
    expect(await states(queue, tasks)).toEqual(['finished', 'todo']);
    await checkInvariants(queue, tasks);
  });

  it('does not adopt what another worker has, has finished, or has failed for good', async () => {
    const { queue } = test;
    const tasks = lines(3);
    const [taken = '', finished = '', failed = ''] = tasks;
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(3);
    await lookSixTimes(queue);
    const v = await Actor.start(queue, 'v~1', { maxAttempts: 1 });
    await v.claim(3);
    v.finish(finished);
    v.fail(failed);
    await v.cycle();
    expect(await w.renew()).toMatchObject({ toEnd: expect.arrayContaining(tasks) });
    expect(await states(queue, tasks)).toEqual(['in_progress', 'finished', 'failed']);
    expect((await details(queue, taken)).worker).toBe('v~1');
    await checkInvariants(queue, tasks);
  });

  it('does not adopt what an original has', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    await lookSixTimes(queue);
    await new OriginalActor(redis, 'n1').claim(line);
    expect(await w.renew()).toMatchObject({ toEnd: [line] });
    expect((await details(queue, line)).worker).toBe('n1');
    await checkInvariants(queue, [line]);
  });

  it('registers a name that vanished', async () => {
    const { queue, redis } = test;
    const w = await Actor.start(queue, 'w~1');
    await lookSixTimes(queue);
    expect(await redis.exists(queue.keys.registry)).toBe(0);
    expect(await w.renew()).toMatchObject({ kind: 'ok' });
    expect(await holderOf(queue, 'w~1')).toBe(printHolder(w.holder));
    expect(await w.prepareCycle().send()).toMatchObject({ kind: 'ok' });
  });

  it('changes nothing when another instance has the name', async () => {
    const { queue, redis } = test;
    const tasks = lines(1);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    await lookSixTimes(queue);
    await Actor.start(queue, 'w~1');
    const before = await snapshot(redis);
    expect(await w.prepareRenew().send()).toEqual({ kind: 'taken' });
    expect(await snapshot(redis)).toEqual(before);
    await checkInvariants(queue, tasks);
  });

  it('keeps what stands under an old name by its token when the worker goes on under a new one', async () => {
    const { queue, redis } = test;
    const tasks = lines(2);
    const [kept = ''] = tasks;
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    // Its name is gone and another worker has it; its tasks are not.
    await redis.hdel(queue.keys.registry, 'w~1');
    await Actor.start(queue, 'w~1');
    const renamed = new Actor(queue, 'w~2', { instance: w.instance });
    renamed.seq = w.seq;
    await renamed.register();
    for (const [line, task] of w.held) renamed.held.set(line, task);
    expect(await renamed.renew()).toMatchObject({ kind: 'ok', toEnd: [] });
    renamed.finish(kept);
    await renamed.cycle();
    expect(await details(queue, kept)).toMatchObject({ state: 'finished', worker: 'w~2' });
    await checkInvariants(queue, tasks);
  });

  it('answers a repeated call without doing it again, and an earlier one not at all', async () => {
    const { queue, redis } = test;
    const tasks = lines(2);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    const early = w.prepareRenew();
    await w.claim(1);
    const late = w.prepareRenew();
    await late.send();
    const before = await snapshot(redis);
    expect(await late.send()).toMatchObject({ kind: 'ok', toEnd: [] });
    expect(await early.send()).toEqual({ kind: 'stale' });
    expect(await snapshot(redis)).toEqual(before);
    await checkInvariants(queue, tasks);
  });

  it('gives the duty to one worker at a time', async () => {
    const { queue, redis } = test;
    const [w, v] = [await Actor.start(queue, 'w~1'), await Actor.start(queue, 'v~1')];
    await redis.del('distcomp:duty');
    // It would pass in two seconds, and the next heartbeats may come later than that: from here on it stays.
    const [first, wouldPass] = await Promise.all([v.renew(), redis.persist('distcomp:duty')]);
    const answers = [first, await w.renew(), await v.renew()];
    expect(answers.map(answer => answer.kind === 'ok' && answer.onDuty)).toEqual([
      true,
      false,
      false,
    ]);
    expect(wouldPass).toBe(1);
  });
});

describe('leave', () => {
  it('gives back what is still held, counts nothing, and frees the name', async () => {
    const { queue, redis } = test;
    const tasks = lines(4);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(3);
    expect(await w.leave()).toBe(3);
    expect(await counts(queue)).toMatchObject({ todo: 4, inProgress: 0, workers: 0 });
    for (const key of ['worker_status', queue.keys.workers, queue.keys.registry, queue.keys.seen]) {
      expect(await redis.exists(key)).toBe(0);
    }
    for (const line of tasks) {
      expect(await details(queue, line)).toMatchObject({ losses: 0, attempts: [] });
    }
    await checkInvariants(queue, tasks);
    expect(await new Actor(queue, 'w~1').register()).toMatchObject({ registered: true });
  });

  it('changes nothing when the name is another’s', async () => {
    const { queue, redis } = test;
    const w = await Actor.start(queue, 'w~1');
    await new Actor(queue, 'w~1').takeOver(w);
    const before = await snapshot(redis);
    expect(await w.leave()).toBe(-1);
    expect(await new Actor(queue, 'v~1').leave()).toBe(-1);
    expect(await snapshot(redis)).toEqual(before);
  });
});

describe('a holder', () => {
  it('is read as it was printed, and nothing else is', () => {
    const { holder } = new Actor(test.queue, 'w~1');
    expect(parseHolder(printHolder(holder))).toEqual(holder);
    for (const text of ['', 'a', 'a b c', 'a b c d e', 'a b c 1']) {
      expect(parseHolder(text)).toBeUndefined();
    }
  });
});
