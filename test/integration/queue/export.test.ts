import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeWhole } from '../../../src/host/wholeFile';
import { cancel } from '../../../src/queue/cancel';
import { exportedTasks, exportText } from '../../../src/queue/export';
import { submit } from '../../../src/queue/submit';
import { COLUMNS, type ExportedTask } from '../../../src/tasks/exported';
import { taskId } from '../../../src/tasks/task';
import { Actor } from '../../setup/actor';
import { commandsDuring, lines, total, useQueue } from './harness';

const test = useQueue();

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distcomp-export-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function all(which: Parameters<typeof exportedTasks>[1]): Promise<ExportedTask[]> {
  const tasks: ExportedTask[] = [];
  for await (const some of exportedTasks(test.queue, which)) tasks.push(...some);
  return tasks.sort((a, b) => (a.task < b.task ? -1 : 1));
}

const [FINISHED = '', FAILED = '', CANCELLED = '', RUNS = '', WAITS = ''] = [
  ...['1 finished', '2 failed', '3 cancelled', '4 runs', '5 waits:too'],
].map(name => `shell:1:0:0:echo ${name}`);

/** One task in each state, and one that was cancelled. */
async function oneOfEach(): Promise<void> {
  const { queue, redis } = test;
  const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
  await submit(queue, [FINISHED, FAILED]);
  await w.claim(2);
  w.finish(FINISHED, 'loss, "0.1"\n=1+1');
  w.fail(FAILED, { exit: 4, err: 'no such seed' });
  await w.cycle();
  const attempt = { worker: 'w~1', start: 1_700_000_000_000, end: 1_700_000_002_500, exit: 0 };
  const record = { ...attempt, peakMb: 120, cpuSeconds: 1.25 };
  await redis.hset('distcomp:attempts', FINISHED, `3 ${JSON.stringify(record)}\n`);
  await submit(queue, [RUNS]);
  await w.claim(1);
  await submit(queue, [WAITS, CANCELLED]);
  await cancel(queue, [CANCELLED]);
}

describe('the export of tasks', () => {
  it('has all of several states, and those that are named, each once', async () => {
    await oneOfEach();
    const named = async (some: Parameters<typeof all>[0]) =>
      (await all(some)).map(({ task }) => task);
    expect(await named({ states: ['failed', 'todo'], lines: [] })).toEqual([
      ...[FAILED, CANCELLED, WAITS],
    ]);
    expect(await named({ states: [], lines: [RUNS, FINISHED, RUNS, 'shell:1:0:0:none'] })).toEqual([
      ...[FINISHED, RUNS],
    ]);
    expect(await named({ states: ['finished'], lines: [FINISHED, WAITS] })).toEqual([
      ...[FINISHED, WAITS],
    ]);
  });

  it('tells what is known of each, by its state', async () => {
    await oneOfEach();
    const tasks = await all('all');
    expect(tasks.map(({ task, state, outcome }) => [task, state, outcome])).toEqual([
      [FINISHED, 'finished', 'exit 0'],
      [FAILED, 'failed', 'exit 4'],
      [CANCELLED, 'failed', 'cancelled'],
      [RUNS, 'in_progress', undefined],
      [WAITS, 'todo', undefined],
    ]);
    expect(tasks[0]).toEqual({
      ...{ id: taskId(FINISHED), state: 'finished', task: FINISHED, command: 'echo 1 finished' },
      ...{ worker: 'w~1', attempt: 3, outcome: 'exit 0', exit: 0, signal: undefined },
      ...{ start: '2023-11-14T22:13:20.000Z', end: '2023-11-14T22:13:22.500Z', seconds: 2.5 },
      ...{ peak_mb: 120, cpu_seconds: 1.25, result: 'loss, "0.1"\n=1+1' },
    });
    expect(tasks[1]).toMatchObject({ worker: 'w~1', attempt: 1, exit: 4, reason: 'no such seed' });
    expect(tasks[3]).toMatchObject({ worker: 'w~1' });
    expect((await all('failed')).map(({ task }) => task)).toEqual([FAILED, CANCELLED]);
    expect((await all('todo')).map(({ task }) => task)).toEqual([WAITS]);
  });

  it('has what originals leave, and none of what waits for another attempt among the failed', async () => {
    const { redis } = test;
    const [ended = '', failed = '', waits = ''] = lines(3);
    await redis.hset('finished_tasks', ended, 'n1: "0.87"');
    await redis.hset('failed_tasks', failed, 'n1,n2,', waits, 'n1,');
    await redis.hset('task_fail_reason', failed, '"why"');
    await redis.hset('todo_tasks', waits, '', 'WORKER_COMMAND_CLOSE', '');
    expect(await all('finished')).toMatchObject([{ task: ended, worker: 'n1', result: '0.87' }]);
    expect(await all('failed')).toMatchObject([{ task: failed, reason: 'why' }]);
    expect((await all('all')).map(({ task }) => task)).toEqual([ended, failed, waits]);
  });

  it('has each task once, though it moves on meanwhile, and misses none', async () => {
    const { redis, queue } = test;
    const many = lines(3_000);
    await submit(queue, many);
    const seen: ExportedTask[] = [];
    for await (const tasks of exportedTasks(queue, 'all')) {
      if (seen.length === 0) {
        const w = await Actor.start(queue, 'w~1');
        for (let left = 1_500; left > 0; left -= 250) {
          for (const line of await w.claim(250)) w.finish(line, '0');
          await w.cycle();
        }
        expect(await redis.hlen('finished_tasks')).toBe(1_500);
      }
      seen.push(...tasks);
    }
    expect(seen.map(({ task }) => task).sort()).toEqual([...many].sort());
    expect(new Set(seen.map(({ state }) => state))).toEqual(new Set(['todo', 'finished']));
  });

  it('is read in steps, whose number grows with the tasks, and changes nothing', async () => {
    const { redis, queue } = test;
    const result = `w~1: ${JSON.stringify('x'.repeat(4_000))}`;
    const many = lines(20_000);
    for (let i = 0; i < many.length; i += 1_000) {
      const some = many.slice(i, i + 1_000).map(line => [line, result] as const);
      await redis.hset('finished_tasks', Object.fromEntries(some));
    }
    let longest = 0;
    let written = 0;
    const commands = await commandsDuring(redis, async () => {
      for await (const text of exportText(queue, 'finished', 'csv')) {
        longest = Math.max(longest, text.length);
        written += text.length;
      }
    });
    expect(written).toBeGreaterThan(80_000_000);
    // Two hundred tasks of 4 KiB each: never all of them.
    expect(longest).toBeLessThan(1_000_000);
    // Of the script that reads two hundred tasks, and of the scan.
    expect(commands.get('evalsha')).toBeGreaterThanOrEqual(100);
    expect(commands.get('evalsha')).toBeLessThan(150);
    expect(commands.get('hscan')).toBeLessThan(100);
    expect(total(commands)).toBeLessThan(10 * many.length);
    for (const whole of ['hgetall', 'hkeys', 'hvals', 'keys', 'smembers']) {
      expect(commands.get(whole), whole).toBeUndefined();
    }
  });
});

describe('an exported file', () => {
  const write = async (
    which: 'all' | 'finished',
    name: string,
    signal = new AbortController().signal,
  ) => {
    const path = join(folder, name);
    await writeWhole(
      path,
      exportText(test.queue, which, name.endsWith('csv') ? 'csv' : 'jsonl'),
      signal,
    );
    return readFile(path, 'utf8');
  };

  it('is one line of JSON a task, with every column', async () => {
    await oneOfEach();
    const text = await write('all', 'all.jsonl');
    const tasks: Record<string, unknown>[] = text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(tasks.length).toBe(5);
    for (const task of tasks) expect(Object.keys(task)).toEqual(COLUMNS);
    expect(tasks.find(({ task }) => task === FINISHED)).toMatchObject({
      result: 'loss, "0.1"\n=1+1',
      reason: null,
    });
  });

  it('is CSV with a head, and quotes where they must be', async () => {
    await oneOfEach();
    const text = await write('finished', 'finished.csv');
    expect(text).toBe(
      [
        'id,state,task,command,worker,attempt,outcome,exit,signal,start,end,seconds,peak_mb,cpu_seconds,result,reason',
        `${taskId(FINISHED)},finished,${FINISHED},echo 1 finished,w~1,3,exit 0,0,,2023-11-14T22:13:20.000Z,2023-11-14T22:13:22.500Z,2.5,120,1.25,"loss, ""0.1""\n=1+1",`,
        '',
      ].join('\r\n'),
    );
  });

  it('is as it was before when it was stopped midway, and nothing is left beside it', async () => {
    const { redis, queue } = test;
    for (const line of lines(1_000)) await redis.hset('finished_tasks', line, 'w~1: "0"');
    const path = join(folder, 'results.csv');
    await writeFile(path, 'of before');
    const stop = new AbortController();
    let parts = 0;
    const text = exportText(queue, 'finished', 'csv', () => {
      parts += 1;
      stop.abort();
    });
    await expect(writeWhole(path, text, stop.signal)).rejects.toThrow('aborted');
    expect(parts).toBe(1);
    expect(await readFile(path, 'utf8')).toBe('of before');
    expect(await readdir(folder)).toEqual(['results.csv']);
  });
});
