/** Interleavings that broke earlier rules, each as the design tells it. */
import { describe, expect, it } from 'vitest';
import { clear } from '../../../src/queue/clear';
import { counts } from '../../../src/queue/counts';
import { details } from '../../../src/queue/details';
import { recover } from '../../../src/queue/recover';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { Actor } from '../../setup/actor';
import { checkInvariants } from '../../setup/invariants';
import { until } from '../../setup/until';
import { lines, lookSixTimes, useQueue } from './harness';

const test = useQueue();

/** The connection was lost with the server; it comes back by itself. */
const backAgain = () => until(() => test.redis.ping(), { describe: 'the connection to come back' });

describe('stories', () => {
  it('1: a recovered worker that thaws claims nothing before it renewed', async () => {
    const { queue } = test;
    const tasks = lines(6);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(2);
    expect(await lookSixTimes(queue)).toEqual(['w~1']);

    w.finish(w.lines[0] ?? '', 'too late');
    const thawed = await w.prepareCycle({ lanes: 4 }).send();
    expect(thawed).toEqual({ kind: 'unregistered' });
    expect(await counts(queue)).toMatchObject({ todo: 6, inProgress: 0, finished: 0, workers: 0 });
    await checkInvariants(queue, tasks);

    const v = await Actor.start(queue, 'v~1');
    expect(await v.drain()).toBe(6);
    expect(await counts(queue)).toMatchObject({ finished: 6, todo: 0 });
    await checkInvariants(queue, tasks);
  });

  it('2: a cycle of a dead connection that arrives after its sender was recovered changes nothing', async () => {
    const { queue } = test;
    const tasks = lines(3);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    const [line = ''] = await w.claim(1);
    w.finish(line, 'late');
    const late = w.prepareCycle({ lanes: 2 });
    await lookSixTimes(queue);
    // Recovered only, then its name taken by another start of it.
    expect(await late.send()).toEqual({ kind: 'unregistered' });
    await Actor.start(queue, 'w~1');
    expect(await late.send()).toEqual({ kind: 'unregistered' });
    expect(await states(queue, tasks)).toEqual(['todo', 'todo', 'todo']);
    await checkInvariants(queue, tasks);
  });

  it('3: an old renew that arrives after a later cycle does not disturb it', async () => {
    const { queue } = test;
    const [c = ''] = lines(1);
    await submit(queue, [c]);
    const w = await Actor.start(queue, 'w~1', { retryElsewhereMs: 0 });
    await w.claim(1);
    const hanging = w.prepareRenew();
    expect(await hanging.send()).toMatchObject({ kind: 'ok', toEnd: [] });
    w.fail(c);
    await w.cycle();
    expect(await hanging.send()).toEqual({ kind: 'stale' });

    const { attempts, state } = await details(queue, c);
    expect(state).toBe('todo');
    expect(attempts).toHaveLength(1);
    await checkInvariants(queue, [c]);
    expect(await w.claim(1)).toEqual([c]);
  });

  it('4: a cycle that is repeated since its reply was lost brings the same tasks and no more', async () => {
    const { queue } = test;
    const tasks = lines(10);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    const [first = '', held = ''] = await w.claim(2);
    w.finish(first, 'once');
    const call = w.prepareCycle({ lanes: 3 });
    const lost = await call.send();
    const answer = await call.send();
    const claimed = w.accept(call, answer);
    expect(lost.kind === 'ok' && lost.claimed.map(task => task.line).sort()).toEqual(
      claimed.sort(),
    );
    expect(claimed).toHaveLength(3);
    // Not what it held before.
    expect(claimed).not.toContain(held);
    expect(await counts(queue)).toMatchObject({ todo: 5, inProgress: 4, finished: 1 });
    await checkInvariants(queue, tasks);

    for (const line of claimed) w.finish(line);
    await w.cycle();
    expect(await counts(queue)).toMatchObject({ inProgress: 1, finished: 4 });
    expect((await details(queue, first)).attempts).toHaveLength(1);
    await checkInvariants(queue, tasks);
  });

  it('5: a task claimed twice is not left owned by nobody when Redis forgets the second claim', async () => {
    const { queue, server, redis } = test;
    const [b = ''] = lines(1);
    await submit(queue, [b]);
    const w = await Actor.start(queue, 'w~1', { retryElsewhereMs: 0 });
    await w.claim(1);
    await redis.save();
    w.fail(b);
    await w.cycle();
    expect(await w.claim(1)).toEqual([b]);
    await server.kill();
    await server.restart();
    await backAgain();

    w.finish(b, 'of a claim that Redis does not know');
    await w.cycle();
    await w.renew();
    expect(await states(queue, [b])).toEqual(['todo']);
    await checkInvariants(queue, [b]);
    expect(await w.drain()).toBe(1);
    expect(await states(queue, [b])).toEqual(['finished']);
    await checkInvariants(queue, [b]);
  });

  it('13: nobody is lost and nothing is ended when Redis was away for longer than the threshold', async () => {
    const { queue, server, redis } = test;
    const tasks = lines(4);
    const deadSeconds = 0.5;
    await submit(queue, tasks);
    const workers = [await Actor.start(queue, 'w~1'), await Actor.start(queue, 'v~1')];
    for (const worker of workers) await worker.claim(2);
    expect(await recover(queue, deadSeconds)).toEqual([]);
    await redis.save();
    await server.kill();
    const away = Date.now();
    await until(() => Date.now() - away > 3 * deadSeconds * 1000);
    await server.restart();
    await backAgain();

    // A manager has looked at them four times before they find their way back.
    for (let look = 0; look < 4; look++) expect(await recover(queue, deadSeconds)).toEqual([]);
    for (const worker of workers) {
      expect(await worker.renew()).toMatchObject({ kind: 'ok', toEnd: [] });
      for (const line of worker.lines) worker.finish(line);
      await worker.cycle();
    }
    expect(await recover(queue, deadSeconds)).toEqual([]);
    expect(await counts(queue)).toMatchObject({ workers: 2, finished: 4 });
    for (const line of tasks) expect((await details(queue, line)).losses).toBe(0);
    await checkInvariants(queue, tasks);
  });

  it('14: what ran while the queue was cleared leaves no result', async () => {
    const { queue } = test;
    const tasks = lines(4);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    const [ends = '', ...run] = await w.claim(3);
    w.finish(ends, 'of before');
    const late = w.prepareCycle();
    expect(await clear(queue)).toBe(4);
    await late.send();
    expect(await w.renew()).toMatchObject({ kind: 'ok', toEnd: expect.arrayContaining(run) });
    expect(w.lines).toEqual([]);
    expect(await counts(queue)).toMatchObject({ todo: 0, inProgress: 0, finished: 0, workers: 1 });
    await checkInvariants(queue, []);

    // The same lines again are new tasks: what still runs of the old ones is not taken for them.
    await submit(queue, tasks);
    const v = await Actor.start(queue, 'v~1');
    expect(await v.drain()).toBe(4);
    for (const line of tasks) expect((await details(queue, line)).worker).toBe('v~1');
    await checkInvariants(queue, tasks);
  });

  it('14: lines submitted again before the old attempts end are not adopted by them', async () => {
    const { queue } = test;
    const tasks = lines(2);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    const [reported = '', held = ''] = await w.claim(2);
    await clear(queue);
    await submit(queue, tasks);
    w.finish(reported, 'of before');
    await w.cycle();
    expect(await w.renew()).toMatchObject({ toEnd: [held] });
    expect(await states(queue, tasks)).toEqual(['todo', 'todo']);
    await checkInvariants(queue, tasks);
  });

  it('15: after FLUSHALL names register again and no old result is recorded', async () => {
    const { queue, redis } = test;
    const tasks = lines(6);
    await submit(queue, tasks);
    const before = await redis.get(queue.keys.epoch);
    const w = await Actor.start(queue, 'w~1');
    const [ended = '', ...running] = await w.claim(3);
    await redis.flushall();
    w.finish(ended, 'of before');
    expect(await w.prepareCycle({ lanes: 3 }).send()).toEqual({ kind: 'unregistered' });
    // The same lines are submitted before the worker knows: nothing of before counts for them.
    await submit(queue, tasks);
    expect(await w.renew()).toMatchObject({ kind: 'ok', toEnd: expect.arrayContaining(running) });
    expect(await redis.get(queue.keys.epoch)).not.toBe(before);
    expect(await redis.hkeys(queue.keys.registry)).toEqual(['w~1']);
    expect(await states(queue, tasks)).toEqual(tasks.map(() => 'todo'));
    await checkInvariants(queue, tasks);
    expect(await w.drain()).toBe(6);
    await checkInvariants(queue, tasks);
  });

  it('15: after FLUSHALL of an idle queue nothing of before comes back', async () => {
    const { queue, redis } = test;
    await submit(queue, lines(2));
    const w = await Actor.start(queue, 'w~1');
    const running = await w.claim(2);
    await redis.flushall();
    expect(await w.renew()).toMatchObject({ toEnd: expect.arrayContaining(running) });
    await checkInvariants(queue, []);
  });

  it('16: a delayed register of a dead instance does not take the name from a later one', async () => {
    const { queue, redis } = test;
    const i1 = await Actor.start(queue, 'w~1');
    const i2 = new Actor(queue, 'w~1');
    const i3 = new Actor(queue, 'w~1');
    // Both proved i1 gone; i2 died before its call arrived.
    expect(await i3.takeOver(i1)).toMatchObject({ registered: true });
    expect(await i2.takeOver(i1)).toMatchObject({ registered: false });
    expect(await i2.register()).toMatchObject({ registered: false });
    expect(await redis.hget(queue.keys.registry, 'w~1')).toMatch(`${i3.instance} `);
    expect(await i3.renew()).toMatchObject({ kind: 'ok' });
  });

  it('17: a task that kills its worker, which is always started again, fails after its third loss', async () => {
    const { queue, redis } = test;
    const [killer = '', harmless = ''] = lines(2);
    await submit(queue, [killer]);
    let w = await Actor.start(queue, 'w~1');
    for (let deaths = 1; deaths <= 3; deaths++) {
      expect(await w.claim(1)).toEqual([killer]);
      const next = new Actor(queue, 'w~1');
      expect(await next.takeOver(w)).toMatchObject({ registered: true, recovered: 1 });
      await next.renew();
      await checkInvariants(queue, [killer]);
      w = next;
      const { state, losses } = await details(queue, killer);
      expect({ state, losses }).toEqual({ state: deaths < 3 ? 'todo' : 'failed', losses: deaths });
    }
    const { attempts, failedOn, reason } = await details(queue, killer);
    expect(attempts.map(({ number, lost }) => [number, lost])).toEqual([
      [3, true],
      [2, true],
      [1, true],
    ]);
    expect(failedOn).toEqual(['w~1']);
    expect(reason).toBe('lost: its worker died 3 times while it ran');
    expect(await redis.hget(queue.keys.failures, 'lost worker')).toBe('1');

    await submit(queue, [harmless]);
    expect(await w.claim(2)).toEqual([harmless]);
    await checkInvariants(queue, [killer, harmless]);
  });

  it('20: 200,000 stale entries at the head of a bucket: no call pops more than 256', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const list = `${queue.keys.prefix}ready:1:0:0`;
    const stale = Array.from({ length: 10_000 }, (_, i) => `shell:1:0:0:gone ${i}`);
    for (let i = 0; i < 20; i++) await redis.lpush(list, ...stale);
    const w = await Actor.start(queue, 'w~1');
    let left = await redis.llen(list);
    expect(left).toBe(200_001);
    for (let lanes = 1; w.held.size === 0; lanes = (lanes % 40) + 1) {
      await w.claim(lanes);
      const now = await redis.llen(list);
      expect(left - now).toBeGreaterThan(0);
      expect(left - now).toBeLessThanOrEqual(256);
      left = now;
    }
    expect(w.lines).toEqual([line]);
    await checkInvariants(queue, [line]);
  });
});
