import { describe, expect, it } from 'vitest';
import { cancel } from '../../../src/queue/cancel';
import { clear } from '../../../src/queue/clear';
import { counts } from '../../../src/queue/counts';
import { details } from '../../../src/queue/details';
import { newUndoId, UNDO_SECONDS, undoable } from '../../../src/queue/journal';
import { page } from '../../../src/queue/pages';
import { removeFinished } from '../../../src/queue/removeFinished';
import { retry } from '../../../src/queue/retry';
import { runScript, scripts } from '../../../src/queue/script';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { SWEEP_START, sweep } from '../../../src/queue/sweep';
import { undo, undoEach } from '../../../src/queue/undo';
import { Actor, OriginalActor } from '../../setup/actor';
import { checkInvariants, snapshot } from '../../setup/invariants';
import { betweenLooks, lines, lookSixTimes, useQueue } from './harness';
import { interruptedAfter } from './interrupted';

const test = useQueue({ settings: { 'maxmemory-policy': 'noeviction' } });

/** What a person sees of each of these tasks. */
async function seen(tasks: readonly string[]): Promise<unknown[]> {
  return Promise.all(tasks.map(line => details(test.queue, line)));
}

/** All keys of which a journal is made. */
async function undoKeys(): Promise<string[]> {
  return (await test.redis.keys('*undo*')).sort();
}

/** Claims and finishes or fails all that is todo. */
async function work(w: Actor, fails: (line: string) => boolean): Promise<void> {
  for (let claimed = await w.claim(256); claimed.length > 0; claimed = await w.claim(256)) {
    for (const line of claimed) {
      if (fails(line)) w.fail(line, { exit: 1, err: 'no such seed' });
      else w.finish(line, `out of ${line}`);
    }
    await w.cycle();
  }
}

describe('undo of a retry', () => {
  it('makes tasks failed again that have not started, with all that was known of them', async () => {
    const { queue, redis } = test;
    const tasks = [...lines(3), 'shell:1:0:0:echo a:b'];
    await submit(queue, tasks);
    await work(await Actor.start(queue, 'w~1', { maxAttempts: 1 }), () => true);
    const before = await seen(tasks);
    const failures = await redis.hgetall(queue.keys.failures);
    const undoId = newUndoId();
    await retry(queue, tasks, { undoId, memoryGb: 8 });
    expect(await undoable(queue)).toMatchObject([{ id: undoId, kind: 'retry', tasks: 4 }]);

    expect(await undo(queue, undoId)).toEqual({ kind: 'retry', undone: 4, kept: 0, unsettled: 0 });
    expect(await seen(tasks)).toEqual(before);
    expect(await redis.hgetall(queue.keys.failures)).toEqual(failures);
    const { rows } = await page(queue, 'failed', undefined, 10);
    expect(rows.map(row => row.line).sort()).toEqual([...tasks].sort());
    await checkInvariants(queue, tasks);
    expect(await undoKeys()).toEqual([]);
    expect(await undoable(queue)).toEqual([]);
    expect(await undo(queue, undoId)).toBeUndefined();

    // Nothing of them can be claimed, and they can be retried as ever.
    const v = await Actor.start(queue, 'v~1');
    expect(await v.claim(8)).toEqual([]);
    await retry(queue, tasks);
    expect((await v.claim(8)).length).toBe(4);
    await checkInvariants(queue, tasks);
  });

  it('leaves alone what has started since, and takes what only waits in a buffer', async () => {
    const { queue } = test;
    const tasks = lines(6);
    await submit(queue, tasks);
    await work(await Actor.start(queue, 'w~1', { maxAttempts: 1 }), () => true);
    const undoId = newUndoId();
    await retry(queue, tasks, { undoId });
    const v = await Actor.start(queue, 'v~1');
    const [finished = '', failed = '', runs = ''] = await v.claim(3);
    const [buffered = ''] = await v.cycle({ buffer: 1 });
    expect(v.held.get(buffered)?.runs).toBe(false);
    v.finish(finished);
    v.fail(failed);
    await v.cycle();

    expect(await undo(queue, undoId)).toMatchObject({ undone: 3, kept: 3 });
    expect(await states(queue, [finished, failed, runs, buffered])).toEqual([
      'finished',
      'todo',
      'in_progress',
      'failed',
    ]);
    await checkInvariants(queue, tasks);
    expect(await v.renew()).toMatchObject({ kind: 'ok', toEnd: [buffered] });
    v.finish(runs);
    await v.cycle();
    expect(await counts(queue)).toMatchObject({ finished: 2, failed: 3, todo: 1, inProgress: 0 });
    await checkInvariants(queue, tasks);
  });

  it('brings back losses and what a task needed before', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    for (let n = 1; n <= 3; n++) {
      await (await Actor.start(queue, `w~${n}`)).claim(1);
      await lookSixTimes(queue);
    }
    await redis.hset(queue.keys.needs, line, '3');
    const before = await seen([line]);
    const undoId = newUndoId();
    await retry(queue, [line], { undoId, memoryGb: 16 });
    expect(await details(queue, line)).toMatchObject({ losses: 0, needMemoryGb: 16 });
    expect(await undo(queue, undoId)).toMatchObject({ undone: 1 });
    expect(await seen([line])).toEqual(before);
    expect(before).toMatchObject([{ losses: 3, needMemoryGb: 3 }]);
    await checkInvariants(queue, [line]);
  });

  it('goes on where it was interrupted', async () => {
    const { queue } = test;
    const tasks = lines(1300);
    await submit(queue, tasks);
    await work(await Actor.start(queue, 'w~1', { maxAttempts: 1 }), () => true);
    const undoId = newUndoId();
    await retry(queue, tasks, { undoId });
    expect(await undoable(queue)).toMatchObject([{ tasks: 1300 }]);
    await expect(undo(interruptedAfter(queue, 3), undoId)).rejects.toThrow('interrupted');
    const { failed, todo } = await counts(queue);
    expect([failed > 0, todo > 0, failed + todo]).toEqual([true, true, 1300]);
    await checkInvariants(queue, tasks);

    expect(await undo(queue, undoId)).toMatchObject({ undone: todo, kept: 0 });
    expect(await counts(queue)).toMatchObject({ todo: 0, failed: 1300 });
    await checkInvariants(queue, tasks);
  });
});

describe('undo in steps', () => {
  const take = async (action: 'cancel' | 'clear', tasks: string[]) => {
    const undoId = newUndoId();
    if (action === 'cancel') await cancel(test.queue, tasks, { undoId });
    else await clear(test.queue, { undoId });
    return undoId;
  };

  it('that is stopped leaves the rest, tells how much can be undone still, and goes on later', async () => {
    const { queue } = test;
    const tasks = lines(1300);
    await submit(queue, tasks);
    for (const action of ['cancel', 'clear'] as const) {
      const undoId = await take(action, tasks);
      let taken = 0;
      for await (const step of undoEach(queue, undoId, () => taken > 300)) taken += step.length;
      expect(taken).toBeGreaterThan(300);
      expect(taken).toBeLessThan(1300);
      const { todo, undoable: actions } = await counts(queue);
      expect({ todo, actions }).toEqual({ todo: taken, actions: 1 });
      expect(await undoable(queue)).toMatchObject([{ id: undoId, tasks: 1300 - taken }]);
      await checkInvariants(queue, await present(tasks));

      expect(await undo(queue, undoId)).toMatchObject({ undone: 1300 - taken, kept: 0 });
      expect(await counts(queue)).toMatchObject({ todo: 1300, failed: 0 });
      await checkInvariants(queue, tasks);
      expect(await undoKeys()).toEqual([]);
    }
  });

  it('has ended with its last task, though it is stopped there', async () => {
    const { queue } = test;
    const tasks = lines(600);
    await submit(queue, tasks);
    for (const action of ['cancel', 'clear'] as const) {
      const undoId = await take(action, tasks);
      let taken = 0;
      for await (const step of undoEach(queue, undoId)) {
        taken += step.length;
        if (taken === tasks.length) break;
      }
      expect(await counts(queue)).toMatchObject({ todo: 600, undoable: 0 });
      expect(await undoKeys()).toEqual([]);
    }
  });
});

describe('undo of a retry that was interrupted', () => {
  it('takes back the steps that were made, and no other', async () => {
    const { queue } = test;
    const tasks = lines(2500);
    await submit(queue, tasks);
    await work(await Actor.start(queue, 'w~1', { maxAttempts: 1 }), () => true);
    const undoId = newUndoId();
    const broken = retry(interruptedAfter(queue, 2), tasks, { undoId });
    await expect(broken).rejects.toThrow('interrupted');
    const { todo, failed } = await counts(queue);
    expect([todo > 0, failed > 0]).toEqual([true, true]);
    expect(await undoable(queue)).toMatchObject([{ id: undoId, tasks: todo }]);
    expect(await undo(queue, undoId)).toMatchObject({ undone: todo, kept: 0 });
    expect(await counts(queue)).toMatchObject({ todo: 0, failed: 2500 });
    await checkInvariants(queue, tasks);
  });
});

describe('undo of a cancel', () => {
  it('makes tasks wait again, with the attempts that they had left', async () => {
    const { queue, redis } = test;
    const [waits = '', runs = '', again = '', retried = ''] = lines(4);
    const tasks = [waits, runs, again, retried];
    await submit(queue, [again]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    w.fail(again, { exit: 3, err: 'once' });
    await w.cycle();
    await submit(queue, [runs]);
    expect(await w.claim(1)).toEqual([runs]);
    await submit(queue, [waits, retried]);
    const undoId = newUndoId();
    await cancel(queue, tasks, { undoId });
    expect(await counts(queue)).toMatchObject({ failed: 4, todo: 0, waitingForRetry: 0 });
    await retry(queue, [retried]);

    expect(await undo(queue, undoId)).toEqual({ kind: 'cancel', undone: 3, kept: 1, unsettled: 0 });
    expect(await counts(queue)).toMatchObject({ failed: 0, todo: 4, waitingForRetry: 1 });
    expect(await redis.hgetall('failed_tasks')).toEqual({ [again]: 'w~1,' });
    expect(await redis.hgetall('task_fail_reason')).toEqual({ [again]: '"once"' });
    expect(await redis.exists(queue.keys.failures, queue.keys.signatures)).toBe(0);
    await checkInvariants(queue, tasks);
    // Its worker has not heard of it yet: it goes on with what it runs.
    expect(await w.renew()).toMatchObject({ toEnd: [] });
    expect(await states(queue, [runs])).toEqual(['in_progress']);
    w.finish(runs);
    await w.cycle();
    expect(await (await Actor.start(queue, 'v~1')).drain()).toBe(3);
    await checkInvariants(queue, tasks);
  });
});

/** Some of everything, done by `w`: two running, one buffered, failed, waiting again, finished, todo. */
async function busyQueue(w: Actor): Promise<string[]> {
  const { queue } = test;
  const [done = '', broken = '', again = '', ...rest] = lines(8);
  const own = 'shell:1:0:0:echo a:b';
  const first = [done, broken, again];
  await submit(queue, first);
  await w.claim(3);
  w.finish(done, 'the result');
  w.fail(broken, { exit: 1, err: 'broken' });
  await w.cycle();
  // With one attempt a task all that fails is final: it failed once under another rule.
  const patient = await Actor.start(queue, 'p~1');
  w.giveBack(again);
  await w.cycle();
  await patient.claim(1);
  patient.fail(again, { exit: 2, err: 'again' });
  await patient.cycle();
  await patient.leave();
  await submit(queue, [...rest, own]);
  const tasks = [...first, ...rest, own];
  await w.claim(2);
  await w.cycle({ buffer: 1 });
  return tasks;
}

/** As a restored queue looks: what was in progress waits. */
const waiting = (all: readonly string[]) =>
  all.map(state => (state === 'in_progress' ? 'todo' : state));

describe('undo of clear', () => {
  it('brings back every task with result, reason and attempts; what ran waits again', async () => {
    const { queue, redis } = test;
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    const tasks = await busyQueue(w);
    await checkInvariants(queue, tasks);
    const [before, statesBefore] = [await seen(tasks), await states(queue, tasks)];
    const failures = await redis.hgetall(queue.keys.failures);
    const stats = await redis.hgetall(queue.keys.stats);
    const undoId = newUndoId();
    expect(await clear(queue, { undoId })).toBe(9);
    await checkInvariants(queue, []);

    expect(await undo(queue, undoId)).toEqual({ kind: 'clear', undone: 9, kept: 0, unsettled: 0 });
    expect(await states(queue, tasks)).toEqual(waiting(statesBefore));
    const still = (task: unknown) => (task as { state: string }).state;
    const isSettled = (task: unknown) => still(task) === 'finished' || still(task) === 'failed';
    expect((await seen(tasks)).filter(isSettled)).toEqual(before.filter(isSettled));
    expect(await redis.hgetall(queue.keys.failures)).toEqual(failures);
    expect(await redis.hgetall(queue.keys.stats)).toEqual(stats);
    expect(await counts(queue)).toMatchObject({ waitingForRetry: 1 });
    await checkInvariants(queue, tasks);
    expect(await undoKeys()).toEqual([]);
    expect(await undo(queue, undoId)).toBeUndefined();

    // What ran before the clear is ended, and no result of it counts.
    expect(await w.renew()).toMatchObject({ kind: 'ok', toEnd: { length: 3 } });
    const v = await Actor.start(queue, 'v~1');
    expect(await v.drain()).toBe(7);
    expect(await counts(queue)).toMatchObject({ todo: 0, finished: 8, failed: 1 });
    await checkInvariants(queue, tasks);
  });

  it('keeps the order of service and of what ended', async () => {
    const { queue } = test;
    const tasks = [...lines(700, 'shell:1:0:0'), ...lines(5, 'shell:3:0:0')];
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    const ended = lines(6, 'shell:2:0:0');
    for (const line of ended) {
      await submit(queue, [line]);
      await work(w, () => ended.indexOf(line) % 2 === 0);
    }
    await submit(queue, tasks);
    const shown = async () => {
      const pages = [];
      for (const state of ['todo', 'finished', 'failed'] as const) {
        pages.push(await page(queue, state, undefined, 1000));
      }
      return pages;
    };
    const before = await shown();
    const undoId = newUndoId();
    await clear(queue, { undoId });
    expect(await undo(queue, undoId)).toMatchObject({ undone: 711 });
    expect(await shown()).toEqual(before);
    await checkInvariants(queue, [...tasks, ...ended]);
  });

  it('leaves alone what has been submitted again meanwhile', async () => {
    const { queue } = test;
    const tasks = lines(6);
    const [first = '', second = ''] = tasks;
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    await work(w, line => line === second);
    const undoId = newUndoId();
    await clear(queue, { undoId });
    await submit(queue, [first, second]);
    await work(w, line => line === first);
    expect(await undo(queue, undoId)).toMatchObject({ undone: 4, kept: 2 });
    expect(await states(queue, [first, second])).toEqual(['failed', 'finished']);
    expect((await details(queue, second)).attempts.length).toBe(1);
    await checkInvariants(queue, tasks);
  });

  it('goes on where it was interrupted, wherever that was', async () => {
    const { queue } = test;
    const tasks = lines(1500);
    for (const scripts of [1, 2, 3, 5, 8, 11]) {
      await test.redis.flushall();
      await submit(queue, tasks.slice(0, 600));
      const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
      await work(w, line => line.endsWith('5'));
      await submit(queue, tasks);
      const before = await counts(queue);
      const undoId = newUndoId();
      await clear(queue, { undoId });
      await undo(interruptedAfter(queue, scripts), undoId).catch(String);
      await checkInvariants(queue, await present(tasks));
      await undo(queue, undoId);
      expect(await counts(queue)).toEqual(before);
      await checkInvariants(queue, tasks);
      expect(await undoKeys()).toEqual([]);
    }
  });

  it('brings back what an original had in progress, and what is no task, which the sweep refuses', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await redis.hset('in_progress_tasks', line, 'n1');
    await redis.hset('todo_tasks', 'no task', '');
    const undoId = newUndoId();
    expect(await clear(queue, { undoId })).toBe(2);
    expect(await undo(queue, undoId)).toMatchObject({ undone: 2 });
    expect(await states(queue, [line, 'no task'])).toEqual(['todo', 'todo']);
    await sweep(queue, SWEEP_START, 500);
    expect(await states(queue, [line, 'no task'])).toEqual(['todo', 'failed']);
    expect(await (await Actor.start(queue, 'w~1')).claim(2)).toEqual([line]);
    await checkInvariants(queue, [line, 'no task']);
  });

  it('keeps what it may not bring back yet', async () => {
    const { queue, redis } = test;
    const tasks = lines(2);
    await submit(queue, tasks);
    const undoId = newUndoId();
    await clear(queue, { undoId });
    const kept = await redis.hgetall(`${queue.keys.undo}:${undoId}:todo`);
    // A second ago they were in progress with an original.
    expect(await runScript(queue, scripts.restore, ['pp', undoId, ...tasks])).toBe('uu');
    expect(await redis.hgetall(`${queue.keys.undo}:${undoId}:todo`)).toEqual(kept);
    await checkInvariants(queue, []);
    expect(await runScript(queue, scripts.restore, ['-p', undoId, ...tasks])).toBe('ru');
    expect(await undo(queue, undoId)).toMatchObject({ undone: 1 });
    await checkInvariants(queue, tasks);
  });

  it('of two clears brings back both, the newest first', async () => {
    const { queue } = test;
    const [first = '', second = ''] = lines(2);
    await submit(queue, [first]);
    const [older, newer] = [newUndoId(), newUndoId()];
    await clear(queue, { undoId: older });
    await submit(queue, [second]);
    await clear(queue, { undoId: newer });
    const found = await undoable(queue);
    expect(found.map(({ id, tasks }) => [id, tasks])).toEqual([
      [newer, 1],
      [older, 1],
    ]);
    for (const { id } of found) expect(await undo(queue, id)).toMatchObject({ undone: 1 });
    expect(await states(queue, [first, second])).toEqual(['todo', 'todo']);
    await checkInvariants(queue, [first, second]);
  });

  it('waits for two looks while an original is alive, and gives it nothing twice', async () => {
    const { queue, redis } = test;
    const tasks = lines(3);
    const [line = ''] = tasks;
    await submit(queue, tasks);
    await redis.hset('worker_status', 'n1', '1700000000:0:8:1:64');
    const undoId = newUndoId();
    await clear(queue, { undoId });
    // Its manager had added the line again, and it is about to have it in progress.
    const n1 = new OriginalActor(redis, 'n1');
    const undone = await betweenLooks(
      redis,
      () => undo(queue, undoId),
      () => n1.putInProgress(line),
      scripts.states,
    );
    expect(undone).toEqual({ kind: 'clear', undone: 2, kept: 1, unsettled: 0 });
    expect(await redis.hgetall('in_progress_tasks')).toEqual({ [line]: 'n1' });
    await checkInvariants(queue, tasks);
  });
});

describe('undo of remove finished', () => {
  it('brings results and attempts back', async () => {
    const { queue } = test;
    const tasks = [...lines(1200), 'shell:1:0:0:echo a:b'];
    await submit(queue, tasks);
    await work(await Actor.start(queue, 'w~1'), () => false);
    const before = await page(queue, 'finished', undefined, 2000);
    const [line = ''] = tasks;
    const oneBefore = await seen([line]);
    const undoId = newUndoId();
    expect(await removeFinished(queue, { undoId })).toBe(1201);
    expect(await undo(queue, undoId)).toMatchObject({ kind: 'remove_finished', undone: 1201 });
    expect(await page(queue, 'finished', undefined, 2000)).toEqual(before);
    expect(await seen([line])).toEqual(oneBefore);
    await checkInvariants(queue, tasks);
    expect(await undoKeys()).toEqual([]);
  });

  it('brings back what was removed half way, and what it brings back can be removed again', async () => {
    const { queue } = test;
    const tasks = lines(1200);
    await submit(queue, tasks);
    await work(await Actor.start(queue, 'w~1'), () => false);
    const before = await seen(tasks);
    const first = newUndoId();
    const broken = removeFinished(interruptedAfter(queue, 3), { undoId: first });
    await expect(broken).rejects.toThrow('interrupted');
    expect(await counts(queue)).toMatchObject({ finished: 0 });
    await checkInvariants(queue, []);
    expect(await undo(queue, first)).toMatchObject({ undone: 1200 });
    expect(await seen(tasks)).toEqual(before);
    await checkInvariants(queue, tasks);
    expect(await removeFinished(queue)).toBe(1200);
    await checkInvariants(queue, []);
  });
});

describe('while Redis is full', () => {
  const whileFull = async <T>(work: () => Promise<T>): Promise<T> => {
    await test.redis.config('SET', 'maxmemory', '1mb');
    return await work().finally(() => test.redis.config('SET', 'maxmemory', '0'));
  };

  it('a retry is refused and changes nothing, and what was done can be undone', async () => {
    const { queue, redis } = test;
    const tasks = lines(4);
    await submit(queue, tasks);
    await work(await Actor.start(queue, 'w~1', { maxAttempts: 1 }), line => line !== tasks[0]);
    // That w has idle lanes would else be forgotten after ten seconds, by itself.
    await redis.persist(queue.keys.hungry);
    const before = await snapshot(redis);
    await whileFull(() => expect(retry(queue, tasks)).rejects.toThrow(/^OOM/));
    expect(await snapshot(redis)).toEqual(before);
    const [retried, removed, cleared] = [newUndoId(), newUndoId(), newUndoId()];
    await retry(queue, tasks, { undoId: retried });
    await whileFull(async () => {
      expect(await undo(queue, retried)).toMatchObject({ undone: 3 });
      expect(await removeFinished(queue, { undoId: removed })).toBe(1);
      expect(await undo(queue, removed)).toMatchObject({ undone: 1 });
      expect(await clear(queue, { undoId: cleared })).toBe(4);
      expect(await undo(queue, cleared)).toMatchObject({ undone: 4 });
    });
    expect(await counts(queue)).toMatchObject({ finished: 1, failed: 3 });
    await checkInvariants(queue, tasks);
  });
});

describe('a journal', () => {
  it('expires after ten minutes, whatever it is made of', async () => {
    const { queue, redis } = test;
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    const tasks = await busyQueue(w);
    const began = Date.now();
    await retry(queue, tasks);
    await cancel(queue, tasks);
    await removeFinished(queue);
    await clear(queue);
    const keys = await undoKeys();
    expect(keys.length).toBeGreaterThan(15);
    for (const key of keys) {
      const left = await redis.ttl(key);
      const passed = Math.ceil((Date.now() - began) / 1000);
      expect([key, left >= UNDO_SECONDS - passed && left <= UNDO_SECONDS]).toEqual([key, true]);
    }
    const kinds = (await undoable(queue)).map(({ kind }) => kind);
    expect(kinds).toHaveLength(4);
    expect(new Set(kinds)).toEqual(new Set(['clear', 'remove_finished', 'cancel', 'retry']));
  });

  it('that has expired is none: nothing to undo, and nothing changes', async () => {
    const { queue, redis } = test;
    await submit(queue, lines(2));
    const undoId = newUndoId();
    await clear(queue, { undoId });
    const journal = await undoKeys();
    for (const key of journal) {
      if (key !== queue.keys.undo) await redis.pexpire(key, 0);
    }
    expect(await undoable(queue)).toEqual([]);
    const before = await snapshot(redis);
    expect(await undo(queue, undoId)).toBeUndefined();
    expect(await undo(queue, 'never')).toBeUndefined();
    expect(await snapshot(redis)).toEqual(before);
  });

  it('is not written for what changes nothing', async () => {
    const { queue } = test;
    expect(await clear(queue)).toBe(0);
    expect(await removeFinished(queue)).toBe(0);
    await retry(queue, lines(3));
    await cancel(queue, lines(3));
    expect(await undoKeys()).toEqual([]);
  });
});

async function present(tasks: readonly string[]): Promise<string[]> {
  const found = await states(test.queue, tasks);
  return tasks.filter((_, i) => found[i] !== 'absent');
}
