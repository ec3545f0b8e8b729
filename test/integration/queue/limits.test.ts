/** How many tasks a queue runs at a time, and after how many failures it pauses itself. */
import { describe, expect, it } from 'vitest';
import { cancel } from '../../../src/queue/cancel';
import { clear } from '../../../src/queue/clear';
import { counts } from '../../../src/queue/counts';
import { parseLimit, setLimits } from '../../../src/queue/limits';
import { pause, resume } from '../../../src/queue/pause';
import { retry } from '../../../src/queue/retry';
import { submit } from '../../../src/queue/submit';
import { SWEEP_START, sweep } from '../../../src/queue/sweep';
import { Actor, OriginalActor } from '../../setup/actor';
import { checkInvariants, snapshot } from '../../setup/invariants';
import { commandsDuring, heardDuring, lines, lookSixTimes, total, useQueue } from './harness';

const test = useQueue();

const NONE = { maxRunning: null, stopAfterFailures: null, failures: 0 };

/** What a call is answered with, besides tasks. */
async function signs(w: Actor, options?: Parameters<Actor['prepareCycle']>[0]) {
  const call = w.prepareCycle(options);
  const answer = await call.send();
  w.accept(call, answer);
  if (answer.kind !== 'ok') throw new Error(answer.kind);
  return answer;
}

/** Actors with `lanes` lanes each, counted by a heartbeat of each. */
async function crewOf(count: number, lanes: number): Promise<Actor[]> {
  const crew: Actor[] = [];
  for (let i = 1; i <= count; i++) {
    crew.push(await Actor.start(test.queue, `w~${i}`, { machine: `m${i}`, lanes, maxAttempts: 1 }));
  }
  // Whoever is on duty has seen the others only now.
  await test.redis.del(`${test.queue.keys.prefix}duty`);
  await crew[0]?.renew();
  return crew;
}

describe('setting limits', () => {
  it('sets what is given, leaves the rest, and tells what stands then', async () => {
    const { queue } = test;
    expect(await setLimits(queue, {})).toEqual({ changed: false, limits: NONE });
    const four = { ...NONE, maxRunning: 4 };
    expect(await setLimits(queue, { maxRunning: 4 })).toEqual({ changed: true, limits: four });
    const both = { ...four, stopAfterFailures: 10 };
    expect(await setLimits(queue, { stopAfterFailures: 10 })).toEqual({
      changed: true,
      limits: both,
    });
    expect((await counts(queue)).limits).toEqual(both);
    const cleared = await setLimits(queue, { maxRunning: null, stopAfterFailures: null });
    expect(cleared).toEqual({ changed: true, limits: NONE });
    expect(await test.redis.exists(queue.keys.limits)).toBe(0);
  });

  it('changes nothing and notes nothing where it is so already', async () => {
    const { queue, redis } = test;
    await setLimits(queue, { maxRunning: 4, stopAfterFailures: 2 });
    const before = await snapshot(redis);
    const again = await setLimits(queue, { maxRunning: 4, stopAfterFailures: 2 });
    expect(again.changed).toBe(false);
    expect(await snapshot(redis)).toEqual(before);
    const events = await redis.xrange(queue.keys.events, '-', '+');
    expect(events.map(([, fields]) => fields)).toEqual([['kind', 'limits']]);
  });

  it('refuses what is no limit, and changes nothing then', async () => {
    const { queue, redis } = test;
    for (const limit of [0, -1, 1.5, Number.NaN, 1_000_001]) {
      await expect(setLimits(queue, { maxRunning: 3, stopAfterFailures: limit })).rejects.toThrow(
        /whole number from 1/,
      );
    }
    expect(await snapshot(redis)).toEqual({});
  });

  it('reads a number or none, as people write them', () => {
    expect(['1', ' 1,000 ', '1000000', 'none'].map(parseLimit)).toEqual([
      { limit: 1 },
      { limit: 1000 },
      { limit: 1_000_000 },
      { limit: null },
    ]);
    for (const text of ['', '0', '-1', '1.5', '1e3', 'all', '1000001']) {
      expect(parseLimit(text), text).toBeUndefined();
    }
  });
});

describe('the limit of running tasks', () => {
  it('holds over all workers, for lanes and buffers together', async () => {
    const { queue } = test;
    const tasks = [...lines(20), ...lines(5, 'shell:0:0:0').map(line => `${line}:x`)];
    await submit(queue, tasks);
    await setLimits(queue, { maxRunning: 5 });
    const [v, w] = await crewOf(2, 8);
    if (!v || !w) throw new Error('two actors');
    expect(await v.cycle({ lanes: 3, buffer: 8 })).toHaveLength(3);
    const answer = await signs(w, { lanes: 8, buffer: 8 });
    expect(answer.claimed).toHaveLength(2);
    expect(answer).toMatchObject({ untilLimit: 0, cursor: 0, keepsFree: false });
    expect(await v.claim(8)).toEqual([]);
    expect(await counts(queue)).toMatchObject({ held: 5, inProgress: 5 });
    // What ends makes room for the call that says so.
    const [done = ''] = v.lines;
    v.finish(done);
    expect(await v.claim(8)).toHaveLength(1);
    expect(await counts(queue)).toMatchObject({ held: 5, finished: 1 });
    await checkInvariants(queue, tasks);
  });

  it('is never passed by many that claim at the same moment', async () => {
    const { queue, server } = test;
    const tasks = lines(300);
    await submit(queue, tasks);
    await setLimits(queue, { maxRunning: 7 });
    const crew = await crewOf(12, 4);
    const watcher = server.client();
    let most = 0;
    let ended = 0;
    while (ended < tasks.length) {
      const look = async () => {
        most = Math.max(most, await watcher.hlen('in_progress_tasks'));
      };
      const claims = crew.flatMap(actor => [actor.cycle({ lanes: 4, buffer: 4 }), look()]);
      await Promise.all(claims);
      await look();
      expect(crew.reduce((sum, actor) => sum + actor.lines.length, 0)).toBeLessThanOrEqual(7);
      for (const actor of crew) {
        for (const line of actor.lines) {
          actor.finish(line);
          ended += 1;
        }
      }
      // One reports and claims what all others leave: their reports come later.
      await Promise.all(crew.map(actor => actor.cycle()));
    }
    expect(most).toBe(7);
    expect(await counts(queue)).toMatchObject({ finished: 300, held: 0 });
    await checkInvariants(queue, tasks);
  });

  it('set below what runs lets nothing start until it is below', async () => {
    const { queue } = test;
    await submit(queue, lines(20));
    const [w] = await crewOf(1, 8);
    if (!w) throw new Error('an actor');
    await w.claim(6);
    expect(await heardDuring(queue, () => setLimits(queue, { maxRunning: 3 }))).toEqual(['renew']);
    expect(await w.renew()).toMatchObject({ untilLimit: -3 });
    for (const left of [5, 4, 3]) {
      w.finish(w.lines[0] ?? '');
      expect(await w.claim(8)).toEqual([]);
      expect(await counts(queue)).toMatchObject({ held: left });
    }
    w.finish(w.lines[0] ?? '');
    expect(await w.claim(8)).toHaveLength(1);
  });

  it('counts what is buffered, and buffers only what leaves a place for each live lane', async () => {
    const { queue } = test;
    await submit(queue, lines(40));
    await setLimits(queue, { maxRunning: 12 });
    const [v, w] = await crewOf(2, 4);
    if (!v || !w) throw new Error('two actors');
    // Eight lanes are live: of twelve places four may be buffered at most.
    await v.cycle({ lanes: 0, buffer: 10 });
    expect(v.lines).toHaveLength(4);
    await v.cycle({ lanes: 4, buffer: 10 });
    expect(v.lines).toHaveLength(8);
    await w.cycle({ lanes: 4, buffer: 10 });
    expect(w.lines).toHaveLength(4);
    expect([...w.held.values()].every(({ runs }) => runs)).toBe(true);
    expect(await counts(queue)).toMatchObject({ held: 12 });
  });

  it('buffers nothing while nobody has counted the lanes', async () => {
    const { queue, redis } = test;
    await submit(queue, lines(40));
    await setLimits(queue, { maxRunning: 30 });
    const w = await Actor.start(queue, 'w~1');
    await redis.del(queue.keys.capacity);
    await w.cycle({ lanes: 2, buffer: 10 });
    expect(w.lines).toHaveLength(2);
  });

  it('does not count what originals run', async () => {
    const { queue, redis } = test;
    const tasks = lines(6);
    await submit(queue, tasks);
    const n1 = new OriginalActor(redis, 'n1');
    for (const line of tasks.slice(0, 3)) await n1.claim(line);
    await setLimits(queue, { maxRunning: 2 });
    const [w] = await crewOf(1, 8);
    expect(await w?.claim(8)).toHaveLength(2);
    expect(await counts(queue)).toMatchObject({ held: 2, inProgress: 5 });
  });

  it('does not make those who wait for it hungry, nor keep them free for a big task', async () => {
    const { queue, redis } = test;
    await submit(queue, ['shell:9:64:0:big', ...lines(10)]);
    await setLimits(queue, { maxRunning: 1 });
    const [v, w] = await crewOf(2, 8);
    if (!v || !w) throw new Error('two actors');
    await v.claim(1, { memoryGb: 8, capacity: { memoryGb: 8, cores: 8 } });
    expect(await redis.exists(queue.keys.hungry)).toBe(0);
    const room = { memoryGb: 8, capacity: { memoryGb: 100, cores: 8 }, bigTaskWaitMs: 0 };
    const answer = await signs(w, { lanes: 8, ...room });
    expect(answer).toMatchObject({ claimed: [], untilLimit: 0, keepsFree: false });
    expect(await redis.exists(queue.keys.hungry, queue.keys.reservation)).toBe(0);
    // Without the limit it is both.
    await setLimits(queue, { maxRunning: null });
    expect(await signs(w, { lanes: 8, ...room })).toMatchObject({ keepsFree: true });
    await w.claim(20, { memoryGb: 100 });
    expect(await redis.get(queue.keys.hungry)).toBe(w.instance);
  });

  it('takes back the word of one that was hungry before', async () => {
    const { queue, redis } = test;
    const [v, w] = await crewOf(2, 8);
    await w?.claim(8);
    expect(await redis.get(queue.keys.hungry)).toBe(w?.instance);
    await submit(queue, lines(5));
    await setLimits(queue, { maxRunning: 1 });
    await v?.claim(8);
    await w?.claim(8);
    expect(await redis.exists(queue.keys.hungry)).toBe(0);
  });

  it('wakes those who wait for it when whoever made room does not take it', async () => {
    const { queue } = test;
    const tasks = lines(10);
    await submit(queue, tasks);
    await setLimits(queue, { maxRunning: 2 });
    const [v, w] = await crewOf(2, 8);
    if (!v || !w) throw new Error('two actors');
    await v.claim(1);
    await w.claim(8);
    const ends = async (lanes: number) => {
      v.finish(v.lines[0] ?? '');
      await v.cycle({ lanes });
    };
    expect(await heardDuring(queue, () => ends(8))).toEqual([]);
    expect(await heardDuring(queue, () => ends(0))).toEqual(['1']);
    await w.claim(8);
    expect(await heardDuring(queue, () => cancel(queue, w.lines))).toEqual(['renew', '2']);
    await endsOneMore(w);
    // Below the limit nobody waits for it.
    expect(await heardDuring(queue, () => endsOneMore(w))).toEqual([]);
    await checkInvariants(queue, tasks);
  });

  /** Claims one task below the limit, and ends it. */
  async function endsOneMore(w: Actor): Promise<void> {
    await w.renew();
    await w.claim(1);
    w.finish(w.lines[0] ?? '');
    await w.cycle();
  }

  it('raised or taken away wakes those who waited for it, and nobody else', async () => {
    const { queue } = test;
    await submit(queue, lines(10));
    const heard = (maxRunning: number | null) =>
      heardDuring(queue, () => setLimits(queue, { maxRunning }));
    expect(await heard(2)).toEqual([]);
    expect(await heard(3)).toEqual([]);
    const [w] = await crewOf(1, 8);
    await w?.claim(8);
    expect(await heard(5)).toEqual(['2']);
    await w?.claim(8);
    expect(await heard(null)).toEqual(['limits']);
  });

  it('keeps a place for what comes first, though whoever makes it has no room for that', async () => {
    const { queue, redis } = test;
    const big = 'shell:9:64:0:big';
    const tasks = [...lines(20), big];
    await submit(queue, tasks);
    await setLimits(queue, { maxRunning: 2 });
    const [v, w] = await crewOf(2, 8);
    if (!v || !w) throw new Error('two actors');
    const small = { memoryGb: 8, capacity: { memoryGb: 8, cores: 8 } };
    const ends = () => {
      v.finish(v.lines[0] ?? '');
      return v.claim(8, small);
    };
    await v.claim(8, small);
    // Nobody who could take it has asked yet.
    expect(await ends()).toHaveLength(1);
    expect(await w.claim(8, { memoryGb: 64 })).toEqual([]);
    expect(await redis.get(queue.keys.placeFor)).toBe(`${w.instance} 9`);
    expect(await heardDuring(queue, async () => expect(await ends()).toEqual([]))).toEqual(['1']);
    expect(await w.claim(8, { memoryGb: 64 })).toEqual([big]);
    // It would start any other now, which comes before nothing of the others.
    expect(await redis.get(queue.keys.placeFor)).toBe(`${w.instance} 1`);
    expect(await ends()).toHaveLength(1);
    expect(await redis.exists(queue.keys.reservation, queue.keys.blocked)).toBe(0);
    await checkInvariants(queue, tasks);
  });

  it('keeps no place for one that has no room for it, or has found none', async () => {
    const { queue, redis } = test;
    await submit(queue, [...lines(20), 'shell:9:6:0:six']);
    await setLimits(queue, { maxRunning: 1 });
    const [v, w] = await crewOf(2, 8);
    if (!v || !w) throw new Error('two actors');
    await v.claim(1, { memoryGb: 1 });
    // Its bucket holds tasks that need five.
    await w.claim(8, { memoryGb: 5 });
    expect(await redis.get(queue.keys.placeFor)).toBe(`${w.instance} 1`);
    await w.claim(8, { memoryGb: 6 });
    expect(await redis.get(queue.keys.placeFor)).toBe(`${w.instance} 9`);
    expect(await redis.pttl(queue.keys.placeFor)).toBeGreaterThan(5_000);
    v.finish(v.lines[0] ?? '');
    expect(await v.claim(8, { memoryGb: 1 })).toEqual([]);
    // It could not take it after all: then others may.
    await setLimits(queue, { maxRunning: 3 });
    expect(await heardDuring(queue, () => w.claim(2, { memoryGb: 0 }))).toEqual(['1']);
    expect(await redis.exists(queue.keys.placeFor)).toBe(0);
    expect(w.lines).toHaveLength(2);
    expect(await v.claim(8, { memoryGb: 1 })).toHaveLength(1);
    // Nor for one that is gone.
    await w.claim(8, { memoryGb: 6 });
    expect(await redis.get(queue.keys.placeFor)).toBe(`${w.instance} 9`);
    await w.leave();
    expect(await redis.exists(queue.keys.placeFor)).toBe(0);
  });

  it('lets a worker go on with what it runs, though its claim was lost meanwhile', async () => {
    const { queue, redis } = test;
    const tasks = lines(2);
    await submit(queue, tasks);
    const [v] = await crewOf(1, 8);
    if (!v) throw new Error('an actor');
    await v.claim(2);
    await setLimits(queue, { maxRunning: 1 });
    await lookSixTimes(queue);
    expect(await counts(queue)).toMatchObject({ held: 0, todo: 2 });
    expect(await v.renew()).toMatchObject({ toEnd: [], untilLimit: -1 });
    expect(await redis.hlen(queue.keys.claims)).toBe(2);
    await checkInvariants(queue, tasks);
  });

  it('costs a claim a constant number of commands, however many tasks there are and run', async () => {
    const { queue, redis } = test;
    const costs: number[] = [];
    for (const count of [100, 5_000]) {
      await redis.flushall();
      await submit(queue, lines(count));
      await setLimits(queue, { maxRunning: count / 2 });
      const [v, w] = await crewOf(2, 8);
      if (!v || !w) throw new Error('two actors');
      while (v.lines.length < count / 2 - 1) {
        await v.claim(Math.min(256, count / 2 - 1 - v.lines.length));
      }
      const last = await commandsDuring(redis, () => w.claim(1));
      expect(w.lines).toHaveLength(1);
      const atLimit = await commandsDuring(redis, () => w.claim(8));
      expect(w.lines).toHaveLength(1);
      for (const commands of [last, atLimit]) {
        expect([...commands.keys()].filter(name => /hgetall|hkeys|hvals|scan/.test(name))).toEqual(
          [],
        );
        expect(commands.get('hlen')).toBeLessThanOrEqual(6);
      }
      expect(atLimit.get('lpop')).toBeUndefined();
      costs.push(total(last), total(atLimit));
    }
    expect(costs.slice(2)).toEqual(costs.slice(0, 2));
  });
});

describe('the limit of failures', () => {
  /** An actor that has claimed `count` tasks, none of which has an attempt more. */
  async function claimed(count: number): Promise<Actor> {
    await submit(test.queue, lines(30));
    const w = await Actor.start(test.queue, 'w~1', { maxAttempts: 1 });
    await w.claim(count);
    return w;
  }

  it('pauses the queue with the call that reports the last of them, which claims nothing', async () => {
    const { queue, redis } = test;
    await setLimits(queue, { stopAfterFailures: 3 });
    const w = await claimed(5);
    const [a = '', b = '', c = '', d = ''] = w.lines;
    w.fail(a);
    w.finish(d);
    w.fail(b);
    expect(await signs(w)).toMatchObject({ paused: false, stopsAfterFailures: true });
    expect((await counts(queue)).limits.failures).toBe(2);
    w.fail(c);
    const failing = () => signs(w, { lanes: 8, buffer: 8 });
    let answer: Awaited<ReturnType<typeof failing>> | undefined;
    const heard = await heardDuring(queue, async () => {
      answer = await failing();
    });
    expect(heard).toEqual(['renew']);
    expect(answer).toMatchObject({ paused: true, claimed: [] });
    expect(await counts(queue)).toMatchObject({
      paused: true,
      pausedAfterFailures: 3,
      failed: 3,
      inProgress: 1,
      limits: { stopAfterFailures: 3, failures: 3 },
    });
    const events = await redis.xrange(queue.keys.events, '-', '+');
    const pauses = events.map(([, fields]) => fields).filter(([, kind]) => kind === 'paused');
    expect(pauses).toEqual([['kind', 'paused', 'why', 'failures', 'limit', '3']]);
    await checkInvariants(queue, lines(30));
  });

  it('lets what runs go on, and counts anew once the queue goes on', async () => {
    const { queue } = test;
    await setLimits(queue, { stopAfterFailures: 2 });
    const w = await claimed(4);
    for (const line of w.lines.slice(0, 2)) w.fail(line);
    await w.cycle();
    expect(await resume(queue)).toBe(true);
    expect(await counts(queue)).toMatchObject({
      paused: false,
      pausedAfterFailures: null,
      limits: { failures: 0 },
    });
    w.fail(w.lines[0] ?? '');
    expect(await signs(w, { lanes: 1 })).toMatchObject({ paused: false });
    w.fail(w.lines[0] ?? '');
    expect(await signs(w, { lanes: 1 })).toMatchObject({ paused: true, claimed: [] });
  });

  it('counts tasks that failed for good, each once, however often it is reported', async () => {
    const { queue } = test;
    await setLimits(queue, { stopAfterFailures: 2 });
    await submit(queue, lines(3));
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 2, retryElsewhereMs: 0 });
    const [line = ''] = await w.claim(1);
    w.fail(line);
    await w.cycle();
    expect((await counts(queue)).limits.failures).toBe(0);
    await w.claim(3);
    w.fail(line);
    const call = w.prepareCycle();
    await call.send();
    w.accept(call, await call.send());
    expect((await counts(queue)).limits.failures).toBe(1);
    // Tried again it may fail again, and that is another failure.
    await retry(queue, [line]);
    expect((await counts(queue)).limits.failures).toBe(1);
  });

  it('counts a task whose worker died too often, and one that needs too much memory', async () => {
    const { queue } = test;
    await setLimits(queue, { stopAfterFailures: 2 });
    const [loses = '', eats = ''] = lines(2);
    await submit(queue, [loses]);
    for (let i = 0; i < 3; i++) {
      expect(await counts(queue)).toMatchObject({ limits: { failures: 0 } });
      const w = await Actor.start(queue, `w~${i}`);
      await w.claim(1);
      await lookSixTimes(queue);
    }
    expect(await counts(queue)).toMatchObject({
      failed: 1,
      paused: false,
      limits: { failures: 1 },
    });
    await submit(queue, [eats]);
    const w = await Actor.start(queue, 'w~9');
    for (let kill = 0; kill < 3; kill++) {
      await w.claim(1);
      w.giveBackForMemory(eats, 5);
      await w.cycle();
    }
    expect(await counts(queue)).toMatchObject({ failed: 2, paused: true, pausedAfterFailures: 2 });
  });

  it('does not count what people cancel, nor what is no task', async () => {
    const { queue, redis } = test;
    await setLimits(queue, { stopAfterFailures: 1 });
    const w = await claimed(2);
    await cancel(queue, [...w.lines, ...lines(30).slice(20)]);
    await redis.hset('todo_tasks', 'no task', '');
    await sweep(queue, SWEEP_START, 500);
    expect(await counts(queue)).toMatchObject({
      failed: 13,
      paused: false,
      limits: { failures: 0 },
    });
  });

  it('set again counts anew, and stays set when all tasks are cleared', async () => {
    const { queue } = test;
    await setLimits(queue, { stopAfterFailures: 3, maxRunning: 9 });
    const w = await claimed(6);
    const fail = async () => {
      w.fail(w.lines[0] ?? '');
      await w.cycle();
    };
    await fail();
    const again = await setLimits(queue, { stopAfterFailures: 3 });
    expect(again).toMatchObject({ changed: true, limits: { failures: 0 } });
    await fail();
    await clear(queue);
    expect((await counts(queue)).limits).toEqual({
      maxRunning: 9,
      stopAfterFailures: 3,
      failures: 0,
    });
  });

  it('leaves a pause to the person who made it', async () => {
    const { queue } = test;
    await setLimits(queue, { stopAfterFailures: 1 });
    const w = await claimed(2);
    await pause(queue);
    w.fail(w.lines[0] ?? '');
    await w.cycle();
    expect(await counts(queue)).toMatchObject({ paused: true, pausedAfterFailures: null });
    // Taken away, it resumes nothing by itself.
    await resume(queue);
    w.fail(w.lines[0] ?? '');
    await w.cycle();
    await setLimits(queue, { stopAfterFailures: null });
    expect(await counts(queue)).toMatchObject({ paused: true, pausedAfterFailures: 1 });
  });

  it('survives a clear: what was paused stays paused, and says why', async () => {
    const { queue } = test;
    await setLimits(queue, { stopAfterFailures: 1 });
    const w = await claimed(1);
    w.fail(w.lines[0] ?? '');
    await w.cycle();
    await clear(queue);
    expect(await counts(queue)).toMatchObject({ paused: true, pausedAfterFailures: 1 });
  });
});
