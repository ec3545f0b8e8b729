/** Bulk actions in steps: all failed tasks, those of one kind, all that waits or runs. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { cancelAll } from '../../../src/queue/cancel';
import { chunks } from '../../../src/queue/chunks';
import { counts } from '../../../src/queue/counts';
import { countOfKind, failureKinds, linesOfKind, signaturesOf } from '../../../src/queue/failures';
import { newUndoId } from '../../../src/queue/journal';
import { linesIn } from '../../../src/queue/lines';
import { memoryOfTasks, moreMemoryGb } from '../../../src/queue/memory';
import type { Steps } from '../../../src/queue/outcome';
import { retry, retryEach } from '../../../src/queue/retry';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { undo } from '../../../src/queue/undo';
import { Actor, OriginalActor } from '../../setup/actor';
import { checkInvariants, snapshot } from '../../setup/invariants';
import { betweenLooks, commandsDuring, lines, useQueue } from './harness';

const test = useQueue();

/** Lines with this verdict, of the first steps or of all. */
async function take<V extends string>(
  steps: Steps<V>,
  verdict: V,
  most = Number.POSITIVE_INFINITY,
) {
  const found: string[] = [];
  let taken = 0;
  for await (const step of steps) {
    for (const outcome of step) if (outcome.verdict === verdict) found.push(outcome.line);
    taken += 1;
    if (taken >= most) break;
  }
  return found;
}

/** Submits tasks and fails each of them for good, as `how` says. */
async function failing(
  tasks: readonly string[],
  how: (index: number) => { exit: number; err?: string },
): Promise<Actor> {
  const w = await Actor.start(test.queue, 'w~1', { maxAttempts: 1 });
  await submit(test.queue, tasks);
  const index = new Map(tasks.map((line, i) => [line, i]));
  for (let left = tasks.length; left > 0; ) {
    const claimed = await w.claim(256);
    for (const line of claimed) w.fail(line, how(index.get(line) ?? 0));
    await w.cycle();
    left -= claimed.length;
  }
  return w;
}

describe('a retry of 100,000 failed tasks', () => {
  it('goes in steps, leaves the rest failed when it is stopped, and is undone as one', async () => {
    const { queue, redis } = test;
    const all = lines(100_000);
    for (let i = 0; i < all.length; i += 10_000) {
      const some = all.slice(i, i + 10_000);
      await redis.hset('failed_tasks', Object.fromEntries(some.map(line => [line, 'w~1,'])));
    }
    const undoId = newUndoId();
    const commands = await commandsDuring(redis, async () => {
      const done = await take(
        retryEach(queue, linesIn(queue, 'failed'), { undoId }),
        'retried',
        40,
      );
      expect(new Set(done).size).toBe(done.length);
      expect(await redis.hlen('todo_tasks')).toBe(done.length);
      expect(await redis.hlen('failed_tasks')).toBe(all.length - done.length);
      expect(done.length).toBeGreaterThan(10_000);
      expect(done.length).toBeLessThan(90_000);
    });
    for (const whole of ['hgetall', 'hkeys', 'hvals', 'keys', 'smembers']) {
      expect(commands.get(whole), whole).toBeUndefined();
    }
    const { todo, failed, undoable } = await counts(queue);
    expect(todo + failed).toBe(all.length);
    expect(undoable).toBe(1);
    expect(await undo(queue, undoId)).toEqual({
      ...{ kind: 'retry', undone: todo },
      ...{ kept: 0, unsettled: 0 },
    });
    expect(await counts(queue)).toMatchObject({ todo: 0, failed: all.length, undoable: 0 });
  });

  it('ends with none failed when it is not stopped', async () => {
    const { queue, redis } = test;
    const all = [...lines(5_000), ...lines(50).map(line => `${line}:b`)];
    await failing(all, () => ({ exit: 1, err: 'no' }));
    const waiting = 'shell:1:0:0:waits for another attempt';
    await redis.hset('failed_tasks', waiting, 'w~1,');
    await redis.sadd('distcomp:retrying', waiting);
    await redis.hset('todo_tasks', waiting, '');
    const steps = await take(retryEach(queue, linesIn(queue, 'failed')), 'retried');
    expect(steps.sort()).toEqual([...all].sort());
    expect(await redis.hgetall('failed_tasks')).toEqual({ [waiting]: 'w~1,' });
    await checkInvariants(queue, [...all, waiting]);
  });
});

describe('a retry in steps', () => {
  it('tries a task once, though it fails again before the last step', async () => {
    const { queue, redis } = test;
    const all = lines(3);
    const w = await failing(all, () => ({ exit: 1, err: 'no' }));
    const [again = '', ...others] = all;
    async function* named() {
      yield [again];
      await w.claim(1);
      w.fail(again, { exit: 1, err: 'no' });
      await w.cycle();
      yield all;
    }
    expect(await take(retryEach(queue, named()), 'retried')).toEqual([again, ...others]);
    expect(await states(queue, all)).toEqual(['failed', 'todo', 'todo']);
    expect(await redis.hlen('failed_tasks')).toBe(1);
    await checkInvariants(queue, all);
  });

  it('beside an original tells of what it moves, and leaves that', async () => {
    const { queue, redis } = test;
    const [moved = '', stays = ''] = lines(2);
    await redis.hset('failed_tasks', moved, 'n1,', stays, 'n1,');
    await redis.hset('worker_status', 'n1', '1795485575:0.78:2.00:0.83:23.54');
    const told = await betweenLooks(
      redis,
      async () => {
        const found: string[] = [];
        for await (const step of retryEach(queue, [[moved, stays]])) {
          for (const { line, verdict } of step) found.push(`${verdict} ${line}`);
        }
        return found;
      },
      () => redis.hdel('failed_tasks', moved),
    );
    expect(told).toContain(`retried ${stays}`);
    expect(told).toContain(`not_failed ${moved}`);
    expect(await redis.hkeys('todo_tasks')).toEqual([stays]);
  });
});

describe('a retry beside an original that is cancelled between two looks', () => {
  it('leaves all tasks failed', async () => {
    const { queue, redis } = test;
    const all = lines(3_000);
    await redis.hset('failed_tasks', Object.fromEntries(all.map(line => [line, 'n1,'])));
    await redis.hset('worker_status', 'n1', '1795485575:0.78:2.00:0.83:23.54');
    let cancelled = false;
    // No second look is due before all have had their first one, however long that takes.
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
    onTestFinished(() => void clock.mockRestore());
    async function* source() {
      yield* chunks(all);
      cancelled = true;
      clock.mockRestore();
    }
    const steps = retryEach(queue, source(), { isCancelled: () => cancelled });
    expect(await take(steps, 'retried')).toEqual([]);
    expect(cancelled).toBe(true);
    expect(await redis.hlen('failed_tasks')).toBe(3_000);
    expect(await redis.exists('todo_tasks')).toBe(0);
  });
});

describe('failures of one kind', () => {
  const RATES = 'exit 1  ValueError: lr <n>';
  /** Five of the first kind, three of the second, two of the third. */
  const kinds = (i: number) =>
    i < 5 ? { exit: 1, err: `ValueError: lr ${i}\n` } : { exit: i < 8 ? 2 : 3 };

  it('are counted, the most frequent first, and known of each task', async () => {
    const { queue } = test;
    const all = lines(10);
    await failing(all, kinds);
    expect(await failureKinds(queue)).toEqual([
      { signature: RATES, count: 5 },
      { signature: 'exit 2', count: 3 },
      { signature: 'exit 3', count: 2 },
    ]);
    expect(await countOfKind(queue, 'exit 2')).toBe(3);
    expect(await countOfKind(queue, 'exit 4')).toBe(0);
    expect(await signaturesOf(queue, [...all.slice(4, 8), 'shell:1:0:0:absent'])).toEqual([
      RATES,
      'exit 2',
    ]);
  });

  it('are retried, and no others', async () => {
    const { queue } = test;
    const all = lines(10);
    await failing(all, kinds);
    const signature = 'exit 2';
    const source = linesOfKind(queue, signature);
    expect((await take(retryEach(queue, source, { signature }), 'retried')).sort()).toEqual(
      all.slice(5, 8),
    );
    expect(await counts(queue)).toMatchObject({ todo: 3, failed: 7 });
    expect(await countOfKind(queue, signature)).toBe(0);
    await checkInvariants(queue, all);
  });

  it('are found all the same when the list of them is out of date or gone', async () => {
    const { queue, redis } = test;
    const all = lines(10);
    const w = await failing(all, kinds);
    // It stands in the list of its kind twice, and has failed in another way since.
    const [changed = '', ...others] = all.slice(0, 5);
    await retry(queue, [changed]);
    await w.claim(1);
    w.fail(changed, { exit: 2 });
    await w.cycle();
    const list = `distcomp:failures:${RATES}`;
    await redis.lpush(list, 'shell:1:0:0:never there', changed, ...others);
    const found = async () => {
      const chunks: string[][] = [];
      for await (const chunk of linesOfKind(queue, RATES)) chunks.push(chunk);
      return chunks.flat().sort();
    };
    expect(await found()).toEqual(others);
    await redis.ltrim(list, 0, 0);
    expect(await found()).toEqual(others);
    await redis.del(list);
    expect(await found()).toEqual(others);
  });

  it('of which one has failed in another way meanwhile are retried without it', async () => {
    const { queue } = test;
    const [one = '', two = ''] = lines(2);
    await failing([one, two], i => ({ exit: i + 1 }));
    const steps = retryEach(queue, [[one, two]], { signature: 'exit 2' });
    expect(await take(steps, 'retried')).toEqual([two]);
    expect(await states(queue, [one, two])).toEqual(['failed', 'todo']);
  });
});

describe('cancelling all that is in progress', () => {
  it('leaves what waits and what an original runs, and is undone', async () => {
    const { queue, redis } = test;
    const [theirs = '', ...ours] = lines(6);
    await submit(queue, [theirs]);
    await new OriginalActor(redis, 'n1').claim(theirs);
    await submit(queue, ours);
    const w = await Actor.start(queue, 'w~1');
    const running = await w.claim(3);
    const undoId = newUndoId();
    const done: string[] = [];
    const refused: string[] = [];
    for await (const step of cancelAll(queue, 'in_progress', { undoId })) {
      for (const { line, verdict } of step) {
        if (verdict === 'cancelled') done.push(line);
        if (verdict === 'on_original') refused.push(line);
      }
    }
    expect(done.sort()).toEqual(running);
    expect(refused).toEqual([theirs]);
    expect(await counts(queue)).toMatchObject({ todo: 2, inProgress: 1, failed: 3 });
    await undo(queue, undoId);
    expect(await counts(queue)).toMatchObject({ todo: 5, inProgress: 1, failed: 0 });
    await checkInvariants(queue, [theirs, ...ours]);
  });
});

describe('the memory to try next', () => {
  it('is more than what the tasks were seen to use, and than what they had', async () => {
    const { queue, redis } = test;
    const [small = '', big = ''] = ['shell:1:2:0:small', 'shell:1:4:0:big'];
    const record = (number: number, peakMb: number) =>
      `${number} ${JSON.stringify({ worker: 'w~1', start: 1, end: 2, exit: 1, peakMb })}\n`;
    await redis.hset('failed_tasks', small, 'w~1,', big, 'w~1,');
    expect(await memoryOfTasks(queue, [small, big])).toEqual({ needGb: 4, peakGb: undefined });
    await redis.hset('distcomp:attempts', big, record(1, 6_144) + record(2, 100));
    await redis.hset('distcomp:needs', small, '5.5:1');
    const before = await snapshot(redis);
    const seen = await memoryOfTasks(queue, [small, big]);
    expect(seen).toEqual({ needGb: 5.5, peakGb: 6 });
    expect(await snapshot(redis)).toEqual(before);
    expect(moreMemoryGb(seen)).toBe(9);
    expect(moreMemoryGb({ needGb: 4, peakGb: undefined })).toBe(5);
    expect(moreMemoryGb({ needGb: 0, peakGb: 0.01 })).toBe(1);
  });
});
