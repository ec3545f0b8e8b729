/**
 * States that the original left are read, and states that we leave are what it would have written:
 * field by field, by the JSON reader that it uses.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { details, parseText } from '../../../src/queue/details';
import { type PageRow, page } from '../../../src/queue/pages';
import { states, type TaskState } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { SWEEP_START, sweep } from '../../../src/queue/sweep';
import { Actor } from '../../setup/actor';
import { checkInvariants } from '../../setup/invariants';
import { useQueue } from './harness';

const test = useQueue();

type SharedKey =
  | 'todo_tasks'
  | 'finished_tasks'
  | 'failed_tasks'
  | 'task_fail_reason'
  | 'worker_status';
type State = Record<SharedKey, Record<string, string>>;

const file = new URL('../../fixtures/original/original-redis-state.json', import.meta.url);
const left: State = JSON.parse(readFileSync(file, 'utf8'));
const lines = [...new Set([...Object.keys(left.todo_tasks), ...Object.keys(left.finished_tasks)])];
const failedLines = Object.keys(left.failed_tasks);
const finishedLines = Object.keys(left.finished_tasks);

/** What Python reads of JSON texts. It takes a while to start: all texts of a test in one call. */
function pythonReads(texts: Record<string, string>): Record<string, unknown> {
  const program =
    'import json,sys; d=json.load(sys.stdin); print(json.dumps({k: json.loads(v) for k, v in d.items()}))';
  const input = JSON.stringify(texts);
  return JSON.parse(execFileSync('python3', ['-c', program], { input, encoding: 'utf8' }));
}

/** Without the words that the original writes instead of what is too large. */
const onlyJson = (texts: Record<string, string>) =>
  Object.fromEntries(Object.entries(texts).filter(([, text]) => text.startsWith('"')));

/** How the original reads a result: who it was, and the JSON of what it printed. */
const splitResult = (value: string): [string, string] => {
  const at = value.indexOf(': ');
  return [value.slice(0, at), value.slice(at + 2)];
};

async function rowsOf(state: TaskState): Promise<PageRow[]> {
  const rows: PageRow[] = [];
  for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
    const found = await page(test.queue, state, cursor, 5);
    rows.push(...found.rows);
    cursor = found.next;
  }
  return rows.sort((a, b) => a.line.localeCompare(b.line));
}

describe('a state that the original left', () => {
  beforeEach(async () => {
    for (const [key, fields] of Object.entries(left)) await test.redis.hset(key, fields);
  });

  it('is 7 todo of which 6 wait for another attempt, 9 finished, none failed for good', async () => {
    const { queue } = test;
    expect((await sweep(queue, SWEEP_START, 500)).indexed).toBe(7);
    expect(await counts(queue)).toEqual({
      todo: 7,
      waitingForRetry: 6,
      inProgress: 0,
      failed: 0,
      finished: 9,
      workers: 0,
      closed: false,
      paused: false,
      undoable: 0,
      pausedAfterFailures: null,
      held: 0,
      limits: { maxRunning: null, stopAfterFailures: null, failures: 0 },
    });
    await checkInvariants(queue, lines);
  });

  it('has the state of each line', async () => {
    const { queue } = test;
    const expected = lines.map(line => (line in left.finished_tasks ? 'finished' : 'todo'));
    expect(await states(queue, lines)).toEqual(expected);
  });

  it.each(['before', 'after'])('shows in pages %s the sweep', async when => {
    const { queue } = test;
    if (when === 'after') await sweep(queue, SWEEP_START, 500);
    const todo = await rowsOf('todo');
    expect(todo.map(row => row.line).sort()).toEqual(Object.keys(left.todo_tasks).sort());
    for (const row of todo) {
      expect(row.waitingForRetry).toBe(row.line in left.failed_tasks);
    }
    const finished = await rowsOf('finished');
    expect(finished.map(row => row.line).sort()).toEqual([...finishedLines].sort());
    expect(Object.fromEntries(finished.map(row => [row.line, [row.worker, row.result]]))).toEqual({
      'shell:0:0:0:true': ['vm', ''],
      'shell:1:0:0:   echo leading spaces': ['vm', 'leading spaces'],
      'shell:1:0:0:echo dup': ['vm', 'dup'],
      'shell:1:0:0:echo trailing spaces   ': ['vm', 'trailing spaces'],
      'shell:1:1:1:echo "this is the first param" "we can have more params"': [
        'vm',
        'this is the first param we can have more params',
      ],
      'shell:3:0:0:echo to-stderr >&2': ['vm', ''],
      "shell:4:0:1:head -c 2000000 /dev/zero | tr '\\0' x": ['vm', 'stdout is too large'],
      "shell:5:0:1:printf 'two\\nlines\\n'": ['vm', 'two lines'],
      'shell:7:0:1:sleep 1': ['vm', ''],
    });
    expect(await rowsOf('failed')).toEqual([]);
    expect(await rowsOf('in_progress')).toEqual([]);
  });

  it('has the details of each task', async () => {
    const { queue } = test;
    const texts: Record<string, string> = { ...left.task_fail_reason };
    for (const line of finishedLines) texts[line] = splitResult(left.finished_tasks[line] ?? '')[1];
    const read = pythonReads(onlyJson(texts));
    for (const line of failedLines) {
      expect(await details(queue, line)).toMatchObject({
        state: 'todo',
        failedOn: ['vm'],
        attempts: [],
        losses: 0,
        reason: read[line] ?? texts[line],
      });
    }
    for (const line of finishedLines) {
      expect(await details(queue, line)).toMatchObject({
        state: 'finished',
        worker: 'vm',
        result: read[line] ?? texts[line],
      });
    }
    expect(Object.keys(texts).filter(line => !(line in read))).toHaveLength(2);
  });

  it('goes on with us: the attempts it counted count, and what we finish is clean', async () => {
    const { queue, redis } = test;
    await sweep(queue, SWEEP_START, 500);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 2 });
    const claimed = await w.claim(20, { memoryGb: 8 });
    expect(claimed.sort()).toEqual([...failedLines].sort());
    const [finishes = '', ...fails] = claimed;
    w.finish(finishes, 'now it works');
    for (const line of fails) w.fail(line, { exit: 3 });
    await w.cycle();
    expect(await counts(queue)).toMatchObject({ todo: 1, failed: 5, finished: 10 });
    for (const line of fails) expect(await redis.hget('failed_tasks', line)).toBe('vm,w~1,');
    expect(await redis.hexists('failed_tasks', finishes)).toBe(0);
    expect(await redis.hget('worker_status', 'vm')).toBe(left.worker_status.vm);
    await checkInvariants(queue, lines);
  });
});

describe('the state that we leave after the same tasks with the same outcomes', () => {
  beforeEach(async () => {
    const { queue } = test;
    await submit(queue, lines);
    const w = await Actor.start(queue, 'vm~1', { retryElsewhereMs: 3_600_000 });
    // Somebody else is there too: what failed waits, as the original's tasks did.
    await Actor.start(queue, 'other~1');
    for (const line of await w.claim(50, { memoryGb: 8, cores: 2 * lines.length })) {
      const result = left.finished_tasks[line];
      if (result !== undefined) w.finish(line, parseText(splitResult(result)[1]));
      else w.fail(line, { exit: 1, err: parseText(left.task_fail_reason[line] ?? '') });
    }
    await w.cycle();
    await w.renew();
  });

  it('has the same fields in the same hashes', async () => {
    const { queue, redis } = test;
    for (const key of [
      'todo_tasks',
      'finished_tasks',
      'failed_tasks',
      'task_fail_reason',
    ] as const) {
      expect((await redis.hkeys(key)).sort(), key).toEqual(Object.keys(left[key]).sort());
    }
    expect(await redis.exists('in_progress_tasks')).toBe(0);
    await checkInvariants(queue, lines);
  });

  it('has the same results and reasons for the original’s reader', async () => {
    const { redis } = test;
    const results = await redis.hgetall('finished_tasks');
    const ours: Record<string, string> = await redis.hgetall('task_fail_reason');
    const theirs: Record<string, string> = { ...left.task_fail_reason };
    for (const line of finishedLines) {
      const [worker, json] = splitResult(results[line] ?? '');
      expect(worker).toBe('vm~1');
      ours[line] = json;
      theirs[line] = splitResult(left.finished_tasks[line] ?? '')[1];
    }
    const renamed = Object.entries(onlyJson(theirs)).map(([line, text]) => [
      `theirs ${line}`,
      text,
    ]);
    const read = pythonReads({ ...ours, ...Object.fromEntries(renamed) });
    for (const [line, text] of Object.entries(theirs)) {
      // The words that the original writes instead of what is too large are a JSON text here.
      expect(read[line]).toBe(read[`theirs ${line}`] ?? text);
    }
  });

  it('has one entry an attempt in failed_tasks, each with a comma after it', async () => {
    const failed = await test.redis.hgetall('failed_tasks');
    for (const [line, workers] of Object.entries(left.failed_tasks)) {
      expect(failed[line]).toBe(workers.replaceAll('vm,', 'vm~1,'));
    }
  });

  it('has heartbeats of five fields, the first whole seconds, the others with two decimals', async () => {
    const shape = /^\d{10}(:\d+\.\d\d){4}$/;
    expect(left.worker_status.vm).toMatch(shape);
    expect(await test.redis.hget('worker_status', 'vm~1')).toMatch(shape);
  });
});

describe('texts that we write', () => {
  it('are read by Python as they were', async () => {
    const { queue, redis } = test;
    const texts = [
      'é 🙂 \u2028',
      'quote " back \\ slash /',
      '\t\n\r\b\f\u0001\u007f',
      '\u0000',
      '',
      ' ',
    ];
    const tasks = texts.map((_, i) => `shell:1:0:0:text ${i}`);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(10);
    for (const [i, line] of tasks.entries()) w.finish(line, texts[i]);
    await w.cycle();
    const results = await redis.hgetall('finished_tasks');
    const jsons = tasks.map(line => [line, splitResult(results[line] ?? '')[1]]);
    const read = pythonReads(Object.fromEntries(jsons));
    expect(tasks.map(line => read[line])).toEqual(texts);
  });
});
