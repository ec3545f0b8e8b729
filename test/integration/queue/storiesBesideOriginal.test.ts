/**
 * Interleavings with the original that broke earlier rules, each as the design tells it. Its worker and
 * its manager are stepped round trip by round trip.
 */
import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { details } from '../../../src/queue/details';
import { twoLooks } from '../../../src/queue/looks';
import { asString } from '../../../src/queue/reply';
import { retry } from '../../../src/queue/retry';
import { runScript, scripts } from '../../../src/queue/script';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { SWEEP_START, sweep } from '../../../src/queue/sweep';
import { Actor } from '../../setup/actor';
import { checkInvariants, snapshot } from '../../setup/invariants';
import { OriginalManager } from '../../setup/original/manager';
import type { Strand } from '../../setup/original/strand';
import { CLOSE_LINE } from '../../setup/original/task';
import { OriginalWorker } from '../../setup/original/worker';
import { claim } from '../original/harness';
import { betweenLooks, lines, lookSixTimes, useQueue } from './harness';

const test = useQueue();

const original = (name: string) => new OriginalWorker(test.redis, name);
const manager = () => new OriginalManager(test.redis);

/** It has said that it lives. */
async function livingOriginal(name: string): Promise<OriginalWorker> {
  const worker = original(name);
  await worker.heartbeat.step();
  return worker;
}

/** It has taken a task out of todo and written it nowhere yet. */
async function inGapOfClaim(worker: OriginalWorker, line: string): Promise<void> {
  await worker.main.stepTo('HSET', 'in_progress_tasks', line);
}

/** One look of its main loop, from the length of todo to the next one. */
async function poll(worker: OriginalWorker): Promise<void> {
  await worker.main.stepTo('HLEN');
  await worker.main.step();
  await worker.main.stepTo('HLEN');
}

const wholeSweep = () => sweep(test.queue, SWEEP_START, 500);
const byPeers = async () => Number(await test.redis.hget(test.queue.keys.stats, 'by_peers'));

/** All that a task left: one result, by whom. */
async function expectFinishedBy(worker: string, line: string): Promise<void> {
  const { state, worker: by } = await details(test.queue, line);
  expect({ state, by }).toEqual({ state: 'finished', by: worker });
}

describe('stories beside an original', () => {
  it.each(['before it is claimed', 'in the gap of its claim', 'while it runs'])(
    '6: a late failure of a recovered worker leaves what an original took: %s',
    async when => {
      const { queue, redis } = test;
      const [b = ''] = lines(1);
      await submit(queue, [b]);
      const w = await Actor.start(queue, 'w~1');
      await w.claim(1);
      expect(await lookSixTimes(queue)).toEqual(['w~1']);
      w.fail(b);
      const late = w.prepareCycle();
      const n2 = original('n2');
      const arrives = async (at: string) => {
        if (at !== when) return;
        expect(await late.send()).toEqual({ kind: 'unregistered' });
        // It thaws, has a name again, and reports once more.
        expect(await w.renew()).toMatchObject({ kind: 'ok' });
        await w.cycle();
      };
      await arrives('before it is claimed');
      await inGapOfClaim(n2, b);
      await arrives('in the gap of its claim');
      expect(await states(queue, [b])).toEqual(['absent']);
      await n2.main.step();
      await arrives('while it runs');

      expect(await redis.hgetall('in_progress_tasks')).toEqual({ [b]: 'n2' });
      expect(n2.main.error).toBeUndefined();
      expect(await details(queue, b)).toMatchObject({ failedOn: [], losses: 1 });
      await n2.end(b, { exit: 0 }).run();
      await expectFinishedBy('n2', b);
      await wholeSweep();
      await checkInvariants(queue, [b]);
    },
  );

  it('6: a late failure whose worker is still registered leaves it as well', async () => {
    const { queue, redis } = test;
    const [b = ''] = lines(1);
    await submit(queue, [b]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    await manager().moveInProgressTaskToTodo().run();
    const n2 = original('n2');
    await claim(n2, b);
    w.fail(b);
    await w.cycle();
    expect(await redis.hgetall('in_progress_tasks')).toEqual({ [b]: 'n2' });
    expect(await redis.exists('failed_tasks')).toBe(0);
    expect(n2.main.error).toBeUndefined();
    await checkInvariants(queue, [b]);
  });

  it('7: a failure that arrives in the gap of an original’s claim puts nothing back', async () => {
    const { queue, redis } = test;
    const [f = ''] = lines(1);
    await submit(queue, [f]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    await manager().moveInProgressTaskToTodo().run();
    const n1 = original('n1');
    await inGapOfClaim(n1, f);
    w.fail(f);
    await w.cycle();
    expect(await states(queue, [f])).toEqual(['absent']);
    expect(await redis.exists('failed_tasks', 'task_fail_reason', 'todo_tasks')).toBe(0);
    await n1.main.step();
    expect(n1.main.error).toBeUndefined();
    expect(await redis.hgetall('in_progress_tasks')).toEqual({ [f]: 'n1' });
    await checkInvariants(queue, [f]);
  });

  it('7: in each gap of the manager’s move the failure counts once or not at all', async () => {
    const { queue } = test;
    for (let steps = 0; steps <= 4; steps++) {
      await test.redis.flushall();
      const [f = ''] = lines(1);
      await submit(queue, [f]);
      const w = await Actor.start(queue, 'w~1', { retryElsewhereMs: 0 });
      await w.claim(1);
      w.fail(f);
      const move = manager().moveInProgressTaskToTodo();
      for (let step = 0; step < steps; step++) await move.step();
      await w.cycle();
      await move.run();
      await wholeSweep();
      expect(await states(queue, [f])).toEqual(['todo']);
      await checkInvariants(queue, [f]);
      expect(await w.drain()).toBe(1);
      await checkInvariants(queue, [f]);
    }
  });

  it('8: recovery puts nothing back that an original is about to run', async () => {
    const { queue, redis } = test;
    const [b = ''] = lines(1);
    await submit(queue, [b]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    await manager().moveInProgressTaskToTodo().run();
    const n1 = original('n1');
    await inGapOfClaim(n1, b);
    expect(await lookSixTimes(queue)).toEqual(['w~1']);
    expect(await states(queue, [b])).toEqual(['absent']);
    await n1.main.step();
    expect(n1.main.error).toBeUndefined();
    expect(await redis.hgetall('in_progress_tasks')).toEqual({ [b]: 'n1' });
    await checkInvariants(queue, [b]);
    await n1.end(b, { exit: 0 }).run();
    await expectFinishedBy('n1', b);
    await checkInvariants(queue, [b]);
  });

  it('9: a retry of what an original is about to return is refused', async () => {
    const { queue, redis } = test;
    const [b = ''] = lines(1);
    await submit(queue, [b]);
    const n1 = await livingOriginal('n1');
    await claim(n1, b);
    const report = n1.end(b, { exit: 1, stderr: 'no' });
    await report.stepTo('HSET', 'todo_tasks');
    expect(await states(queue, [b])).toEqual(['failed']);
    const verdicts = await betweenLooks(
      redis,
      () => retry(queue, [b]),
      () => report.step(),
    );
    expect(verdicts).toEqual(['not_failed']);
    expect(await redis.hgetall('failed_tasks')).toEqual({ [b]: 'n1,' });
    expect(await redis.hgetall('todo_tasks')).toEqual({ [b]: '' });
    await wholeSweep();
    await checkInvariants(queue, [b]);
  });

  it('9: once two looks agree it is retried, and an original that moves on then finds it once', async () => {
    const { queue, redis } = test;
    const [b = ''] = lines(1);
    await submit(queue, [b]);
    const n1 = await livingOriginal('n1');
    await claim(n1, b);
    const report = n1.end(b, { exit: 1, stderr: 'no' });
    await report.stepTo('HSET', 'todo_tasks');
    // It is killed there: the task is failed for good, since nobody will return it.
    report.kill();
    expect(await retry(queue, [b])).toEqual(['retried']);
    expect(await redis.exists('failed_tasks')).toBe(0);
    await checkInvariants(queue, [b]);
    const n2 = original('n2');
    await claim(n2, b);
    await n2.end(b, { exit: 0 }).run();
    await expectFinishedBy('n2', b);
    await checkInvariants(queue, [b]);
  });

  it('9: it is not retried either if the first look saw it run', async () => {
    const { queue, redis } = test;
    const [b = ''] = lines(1);
    await submit(queue, [b]);
    const n1 = await livingOriginal('n1');
    await claim(n1, b);
    const report = n1.end(b, { exit: 1 });
    const acted: string[] = [];
    const verdicts = twoLooks(queue, [b], async (chunk, seen) => {
      // The failure arrives just before this second look; in the gap nobody may act on it.
      if (acted.length === 0) await report.stepTo('HSET', 'todo_tasks');
      const letters = asString(await runScript(queue, scripts.submit, [seen, ...chunk]));
      acted.push(seen, letters);
      await report.step();
      return letters;
    });
    expect(await verdicts).toBe('t');
    expect(acted).toEqual(['p', 'u', 't', 't']);
    expect(await redis.hgetall('failed_tasks')).toEqual({ [b]: 'n1,' });
    await wholeSweep();
    await checkInvariants(queue, [b]);
  });

  it('10: nor is one added that the first look saw in todo', async () => {
    const { queue } = test;
    const [b = ''] = lines(1);
    await submit(queue, [b]);
    const n1 = await livingOriginal('n1');
    const acted: string[] = [];
    const verdicts = twoLooks(queue, [b], async (chunk, seen) => {
      if (acted.length === 0) await inGapOfClaim(n1, b);
      const letters = asString(await runScript(queue, scripts.submit, [seen, ...chunk]));
      if (acted.length === 0) await n1.main.step();
      acted.push(seen, letters);
      return letters;
    });
    expect(await verdicts).toBe('p');
    expect(acted).toEqual(['t', 'u', 'p', 'p']);
    expect(n1.main.error).toBeUndefined();
    await checkInvariants(queue, [b]);
  });

  it('10: a submission waits for its second look while an original claims', async () => {
    const { queue, redis } = test;
    const [b = ''] = lines(1);
    await submit(queue, [b]);
    const n1 = await livingOriginal('n1');
    const v = await Actor.start(queue, 'v~1');
    await inGapOfClaim(n1, b);
    const verdicts = await betweenLooks(
      redis,
      () => submit(queue, [b]),
      async () => {
        expect(await v.claim(1)).toEqual([]);
        await n1.main.step();
      },
    );
    expect(verdicts).toEqual(['in_progress']);
    expect(n1.main.error).toBeUndefined();
    expect(await v.claim(1)).toEqual([]);
    expect(await redis.hgetall('in_progress_tasks')).toEqual({ [b]: 'n1' });
    await checkInvariants(queue, [b]);
  });

  it('10: one that an original never wrote down is added once two looks agree', async () => {
    const { queue } = test;
    const [b = ''] = lines(1);
    await submit(queue, [b]);
    const n1 = await livingOriginal('n1');
    await inGapOfClaim(n1, b);
    n1.die();
    expect(await submit(queue, [b])).toEqual(['added']);
    const v = await Actor.start(queue, 'v~1');
    expect(await v.drain()).toBe(1);
    await checkInvariants(queue, [b]);
  });

  it.each(['after the load', 'before the load adds'])(
    '11: a stale load does not run a task twice that ends %s',
    async when => {
      const { queue, redis } = test;
      const tasks = lines(3);
      const [a = ''] = tasks;
      await submit(queue, tasks);
      const w = await Actor.start(queue, 'w~1');
      const load = manager().loadTask(`${tasks.join('\n')}\n`);
      await load.stepTo('HGETALL', 'in_progress_tasks');
      await load.step();
      expect(await w.claim(1)).toEqual([a]);
      if (when === 'before the load adds') {
        w.finish(a);
        await w.cycle();
      }
      expect(await load.run()).toContain('load 3 tasks, add 1 task');
      expect(await redis.hget('todo_tasks', a)).toBe('');
      if (when === 'after the load') {
        // Neither a claim nor a look of ours takes it for a task to be run.
        const v = await Actor.start(queue, 'v~1');
        expect(await v.claim(1)).not.toContain(a);
        for (const line of v.lines) v.giveBack(line);
        await v.cycle();
        w.finish(a);
        await w.cycle();
      } else {
        await wholeSweep();
      }
      await expectFinishedBy('w~1', a);
      await checkInvariants(queue, tasks);
      expect(await w.drain()).toBe(2);
      expect((await details(queue, a)).attempts).toHaveLength(1);
      await checkInvariants(queue, tasks);
    },
  );

  it.each(['claim', 'sweep'])(
    '12: a killed original’s child reports a failure after our finish; the next %s heals it',
    async by => {
      const { queue, redis } = test;
      const [b = '', other = ''] = lines(2);
      await submit(queue, [b]);
      const n1 = await livingOriginal('n1');
      await claim(n1, b);
      n1.die();
      await manager().moveInProgressTaskToTodo().run();
      await wholeSweep();
      const w = await Actor.start(queue, 'w~1');
      expect(await w.claim(1)).toEqual([b]);
      w.finish(b, 'ours');
      await w.cycle();

      await n1.end(b, { exit: 1, stderr: 'its child' }).run();
      expect(await redis.hgetall('todo_tasks')).toEqual({ [b]: '' });
      expect(await redis.hgetall('failed_tasks')).toEqual({ [b]: 'n1,' });
      expect(await states(queue, [b])).toEqual(['finished']);
      if (by === 'claim') {
        // A claim meets what is in the index: an original's line is, once it was swept or moved.
        await redis.lpush(`${queue.keys.prefix}ready:1:0:0`, b);
        await redis.zadd(queue.keys.ready, -1, '1:0:0');
        await submit(queue, [other]);
        expect(await w.claim(2)).toEqual([other]);
      } else {
        await wholeSweep();
      }
      expect(await redis.exists('failed_tasks', 'task_fail_reason', 'todo_tasks')).toBe(0);
      expect(await byPeers()).toBe(1);
      await expectFinishedBy('w~1', b);
      expect((await details(queue, b)).result).toBe('ours');
      await checkInvariants(queue, by === 'claim' ? [b, other] : [b]);
    },
  );

  it('18: no original and no command of its manager ever sees a line with a fifth colon', async () => {
    const { queue, redis } = test;
    const tasks = ['todo', 'runs', 'again', 'final', 'done'].map(s => `shell:1:0:0:echo c:${s}`);
    const [todo = '', runs = '', again = '', final = '', done = ''] = tasks;
    await submit(queue, [runs, again, final, done]);
    // What failed here stays for others, however long all of this takes.
    const w = await Actor.start(queue, 'w~1', { retryElsewhereMs: 3_600_000 });
    await Actor.start(queue, 'v~1');
    await w.claim(4);
    for (const line of [again, final]) w.fail(line);
    w.finish(done);
    await w.cycle();
    await redis.hdel('distcomp:todo_tasks', final);
    await submit(queue, [todo]);
    await wholeSweep();
    const expected = ['todo', 'in_progress', 'todo', 'failed', 'finished'];
    expect(await states(queue, tasks)).toEqual(expected);

    const m = manager();
    const n1 = await livingOriginal('n1');
    const commands: (() => Strand<unknown>)[] = [
      () => m.moveInProgressTaskToTodo(),
      () => m.moveFailedTaskToTodo(),
      () => m.cleanup(),
      () => m.loadTask(`${tasks.join('\n')}\n`),
      () => m.checkTask(),
      () => m.checkWorker(),
    ];
    for (const command of commands) {
      const strand = command();
      do {
        await poll(n1);
        const seen = ['todo_tasks', 'in_progress_tasks', 'failed_tasks'];
        for (const key of seen) expect(await redis.hkeys(key), key).toEqual([]);
      } while (await strand.step());
      expect(strand.error).toBeUndefined();
    }
    expect(n1.main.error).toBeUndefined();
    expect(await states(queue, tasks)).toEqual(expected);
    await checkInvariants(queue, tasks);

    w.finish(runs);
    await w.cycle();
    expect(await w.drain()).toBe(1);
    await checkInvariants(queue, tasks);
  });

  it('19: what a close leaves behind keeps the sweep idle and the counts right', async () => {
    const { queue, redis } = test;
    const tasks = lines(3);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    await manager().close().run();
    const n1 = await livingOriginal('n1');
    // It runs the stop line as a task, which fails, and ends.
    await n1.main.stepTo('HGETALL', 'todo_tasks');
    await n1.main.step();
    await n1.processes[0]?.report?.run();
    expect(await redis.hkeys('todo_tasks')).toContain(CLOSE_LINE);
    expect(await redis.hkeys('failed_tasks')).toEqual([CLOSE_LINE]);

    const before = await snapshot(redis);
    for (let n = 0; n < 5; n++) expect((await wholeSweep()).indexed).toBe(0);
    expect(await snapshot(redis)).toEqual(before);
    expect(await counts(queue)).toMatchObject({
      todo: 2,
      inProgress: 1,
      failed: 0,
      waitingForRetry: 0,
      closed: true,
    });
    expect(await w.claim(2)).toEqual([]);
    await checkInvariants(queue, tasks);
  });
});
