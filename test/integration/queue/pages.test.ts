import { beforeEach, describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { type PageRow, page } from '../../../src/queue/pages';
import { retry } from '../../../src/queue/retry';
import type { TaskState } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { Actor, OriginalActor } from '../../setup/actor';
import { checkInvariants } from '../../setup/invariants';
import { lines, useQueue } from './harness';

const test = useQueue();

/** Pages to the end: ordered rows, then rows in no order. */
async function allPages(state: TaskState, size: number) {
  const ordered: PageRow[] = [];
  const unordered: PageRow[] = [];
  let reads = 0;
  for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
    const found = await page(test.queue, state, cursor, size);
    (found.ordered ? ordered : unordered).push(...found.rows);
    if (unordered.length > 0) expect(found.ordered && found.rows.length > 0).toBe(false);
    cursor = found.next;
    expect(++reads).toBeLessThan(2000);
  }
  return { ordered, unordered, lines: [...ordered, ...unordered].map(row => row.line) };
}

const linesOf = (rows: readonly PageRow[]) => rows.map(row => row.line);

describe('pages of 1,000 tasks in every state', () => {
  const tasks = lines(4000);
  const own = Array.from({ length: 40 }, (_, i) => `shell:1:0:0:echo own:${i}`);
  const finished = [...tasks.slice(0, 1000), ...own.slice(0, 10)];
  const failed = [...tasks.slice(1000, 2000), ...own.slice(10, 20)];
  const running = [...tasks.slice(2000, 3000), ...own.slice(20, 30)];
  const todo = [...tasks.slice(3000), ...own.slice(30)];

  beforeEach(async () => {
    const { queue } = test;
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    const claimAll = async (some: string[]) => {
      await submit(queue, some);
      while (w.held.size < some.length) await w.claim(256);
    };
    await claimAll(finished);
    for (const line of finished) w.finish(line, `said ${line}`);
    await w.cycle();
    await claimAll(failed);
    for (const line of failed) w.fail(line, { exit: 3, err: 'first\nlast of it' });
    await w.cycle();
    await claimAll(running);
    await submit(queue, todo);
  });

  it.each([7, 200, 5000])('show each once in pages of %i', async size => {
    const shown = {
      todo: await allPages('todo', size),
      in_progress: await allPages('in_progress', size),
      failed: await allPages('failed', size),
      finished: await allPages('finished', size),
    };
    // Todo in order of service, what ended newest first.
    expect(linesOf(shown.todo.ordered)).toEqual(todo);
    expect(linesOf(shown.finished.ordered)).toEqual([...finished].reverse());
    expect(linesOf(shown.failed.ordered)).toEqual([...failed].reverse());
    expect(linesOf(shown.in_progress.unordered).sort()).toEqual([...running].sort());
    for (const { unordered } of [shown.todo, shown.finished, shown.failed])
      expect(unordered).toEqual([]);
    expect(shown.in_progress.ordered).toEqual([]);
  });

  it('leave out stale entries of the index, and bring what it does not name at the end', async () => {
    const { queue, redis } = test;
    // Stale: retried, ended again, never there, and far more of them than one page holds.
    await retry(queue, failed.slice(0, 100));
    const stale = Array.from({ length: 3000 }, (_, i) => `9 shell:1:0:0:gone ${i}`);
    await redis.lpush(queue.keys.recentFailed, ...stale);
    await redis.lpush(queue.keys.recentFinished, ...stale);
    await redis.lpush('distcomp:ready:1:0:0', ...stale.map(entry => entry.slice(2)));
    // Not named: trimmed from recents, and added by an original.
    await redis.ltrim(queue.keys.recentFinished, 0, -501);
    const added = lines(50, 'shell:5:0:0');
    for (const line of added) await redis.hset('todo_tasks', line, '');
    const byPeer = lines(50, 'shell:6:0:0');
    for (const line of byPeer) await redis.hset('finished_tasks', line, 'n1: "by n1"');

    const left = failed.slice(100);
    const nowTodo = [...todo, ...failed.slice(0, 100)];
    const found = await allPages('todo', 100);
    expect(linesOf(found.ordered)).toEqual(nowTodo);
    expect(linesOf(found.unordered).sort()).toEqual([...added].sort());
    expect(linesOf((await allPages('failed', 100)).ordered)).toEqual([...left].reverse());
    const done = await allPages('finished', 100);
    expect(linesOf(done.ordered)).toEqual([...finished].reverse().slice(0, finished.length - 500));
    expect(linesOf(done.unordered).sort()).toEqual([...finished.slice(0, 500), ...byPeer].sort());
  });
});

describe('a page', () => {
  it('of an empty queue is empty and the last', async () => {
    for (const state of ['todo', 'in_progress', 'finished', 'failed'] as const) {
      expect((await allPages(state, 10)).lines).toEqual([]);
    }
  });

  it('shows todo by priority, those that wait for another attempt marked', async () => {
    const { queue } = test;
    const [high = '', low = '', again = ''] = ['shell:9:0:0:h', 'shell:1:0:0:l', 'shell:5:0:0:a'];
    await submit(queue, [again]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    w.fail(again, { exit: 4 });
    await w.cycle();
    await submit(queue, [low, high]);
    const { rows } = await page(queue, 'todo', undefined, 10);
    expect(rows).toEqual([
      { line: high, waitingForRetry: false },
      { line: again, waitingForRetry: true, attempts: 1, worker: 'w~1' },
      { line: low, waitingForRetry: false },
    ]);
  });

  it('shows who runs a task since when, and no time while it is buffered', async () => {
    const { queue, redis } = test;
    const [runs = '', buffered = '', byPeer = ''] = lines(3);
    await submit(queue, [runs, buffered, byPeer]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(2);
    await redis.hset(`distcomp:owned:${w.instance}`, buffered, `${w.seq}:0`);
    await new OriginalActor(redis, 'n1').claim(byPeer);
    const { rows } = await page(queue, 'in_progress', undefined, 10);
    const [, started] = ((await redis.hget(`distcomp:owned:${w.instance}`, runs)) ?? '').split(':');
    const base = { waitingForRetry: false };
    expect(rows.sort((a, b) => a.line.localeCompare(b.line))).toEqual([
      { line: runs, worker: 'w~1', startedAt: Number(started), ...base },
      { line: buffered, worker: 'w~1', ...base },
      { line: byPeer, worker: 'n1', ...base },
    ]);
  });

  it('shows who finished a task, how long it took, and what it said on one line', async () => {
    const { queue } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    w.finish(line, 'two\n  lines ');
    await w.cycle();
    const { rows } = await page(queue, 'finished', undefined, 10);
    expect(rows).toEqual([
      { line, worker: 'w~1', attempts: 1, milliseconds: 1500, result: 'two lines' },
    ]);
  });

  it.each([
    ['quotes and line breaks', 'a "b"\n'.repeat(200)],
    ['escapes', '\\\u0001'.repeat(300)],
    ['characters of several bytes', 'é🙂'.repeat(200)],
  ])('shows the beginning of a long result as it was printed: %s', async (_, output) => {
    const { queue } = test;
    const tasks = lines(8);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    await w.claim(8);
    // Every place at which the text may be cut.
    for (const [i, line] of tasks.entries()) w.finish(line, 'x'.repeat(i) + output);
    await w.cycle();
    const { rows } = await page(queue, 'finished', undefined, 10);
    expect(rows).toHaveLength(8);
    for (const row of rows) {
      const whole = `${'x'.repeat(tasks.indexOf(row.line))}${output}`.replace(/\s+/g, ' ');
      expect(row.result?.length).toBeGreaterThan(50);
      expect(whole.startsWith(row.result ?? 'none')).toBe(true);
    }
  });

  it('shows why a task failed: what happened and the last line of standard error', async () => {
    const { queue, redis } = test;
    const [said = '', silent = '', byPeer = '', unknown = ''] = lines(4);
    await submit(queue, [said, silent]);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    await w.claim(2);
    w.fail(said, { exit: 1, err: 'Traceback\nValueError:  lr\ttoo large\n' });
    w.fail(silent, { signal: 'SIGKILL' });
    await w.cycle();
    await redis.hset('failed_tasks', byPeer, 'n1,', unknown, 'n1,');
    await redis.hset('task_fail_reason', byPeer, '"failed\\n  there"');
    const { ordered, unordered } = await allPages('failed', 10);
    expect(ordered.map(row => [row.line, row.worker, row.attempts, row.reason])).toEqual([
      [silent, 'w~1', 1, 'SIGKILL'],
      [said, 'w~1', 1, 'exit 1 · ValueError: lr too large'],
    ]);
    expect(unordered.sort((a, b) => a.line.localeCompare(b.line))).toEqual([
      { line: byPeer, reason: 'failed there' },
      { line: unknown, reason: 'no reason was recorded' },
    ]);
  });

  it('shows a task that an original failed after it failed here before', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    await w.claim(1);
    w.fail(line);
    await w.cycle();
    await retry(queue, [line]);
    const v = await Actor.start(queue, 'v~1', { maxAttempts: 2 });
    await v.claim(1);
    v.fail(line);
    await v.cycle();
    const n1 = new OriginalActor(redis, 'n1');
    await n1.claim(line);
    await n1.fail(line);
    await redis.hdel('todo_tasks', line);
    await redis.srem(queue.keys.retrying, line);
    expect(await counts(queue)).toMatchObject({ failed: 1 });
    expect((await allPages('failed', 10)).lines).toEqual([line]);
    await checkInvariants(queue, [line]);
  });

  it('never shows the stop field of the original', async () => {
    const { queue, redis } = test;
    const stop = 'WORKER_COMMAND_CLOSE:0:0:0:WORKER_COMMAND_CLOSE';
    await redis.hset('todo_tasks', stop, '', 'WORKER_COMMAND_CLOSE', '');
    await redis.hset('failed_tasks', stop, 'n1,');
    for (const state of ['todo', 'failed'] as const) {
      expect((await allPages(state, 10)).lines).toEqual([]);
    }
    expect(await counts(queue)).toMatchObject({ todo: 0, failed: 0, closed: true });
  });
});
