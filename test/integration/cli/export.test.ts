/** `distcomp export`, and `distcomp retry --signature`. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Queue } from '../../../src/queue/queue';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { taskId } from '../../../src/tasks/task';
import { Actor } from '../../setup/actor';
import { programs } from '../../setup/bundle';
import { longWay } from '../../setup/longWay';
import type { TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';
import { sandboxOnRedis } from './onRedis';
import type { Sandbox } from './sandbox';

let box: Sandbox;
let queue: Queue;
let redis: TestRedis;
let env: Record<string, string>;
beforeEach(async () => {
  ({ box, queue, redis, env } = await sandboxOnRedis());
});

const distcomp = (...args: string[]) => box.distcomp(args, { env });

const [FINISHES = '', ...FAIL] = ['0', '1', '2', '3'].map(name => `shell:1:0:0:echo ${name}`);

/** One finished, two failed alike, one failed in another way. */
async function ended(): Promise<void> {
  const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
  await submit(queue, [FINISHES, ...FAIL]);
  await w.claim(4);
  w.finish(FINISHES, '0.87');
  for (const [i, line] of FAIL.entries()) {
    w.fail(line, i < 2 ? { exit: 1, err: `bad seed ${i}\n` } : { exit: 2, err: 'no\u202emore' });
  }
  await w.cycle();
}

async function finishedTasks(count: number): Promise<void> {
  for (let i = 0; i < count; i += 10_000) {
    const some = Array.from({ length: 10_000 }, (_, k) => [
      `shell:1:0:0:echo ${i + k}`,
      'w~1: "0"',
    ]);
    await queue.redis.hset('finished_tasks', Object.fromEntries(some));
  }
}

describe('distcomp export', () => {
  it('writes finished tasks as CSV to standard output, and nothing else there', async () => {
    await ended();
    const { code, stdout, stderr } = await distcomp('export');
    expect([code, stderr]).toEqual([0, '']);
    const [head = '', first = '', ...rest] = stdout.split('\r\n');
    expect(head).toMatch(/^id,state,task,command,.*,result,reason$/);
    expect(first).toContain(`${taskId(FINISHES)},finished,${FINISHES},echo 0,w~1,`);
    expect(first).toMatch(/,0\.87,$/);
    expect(rest).toEqual(['']);
  });

  it('takes the format from the name of the file, and says what it did', async () => {
    await ended();
    expect(await distcomp('export', '--state', 'failed', '-o', 'failed.jsonl')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'Exporting 3 tasks.\n3 tasks exported to failed.jsonl\n',
    });
    const tasks = (await box.read('failed.jsonl')).trimEnd().split('\n');
    expect(tasks.map(line => JSON.parse(line).task).sort()).toEqual(FAIL);
    const all = await distcomp(
      'export',
      '--state',
      'all',
      '-o',
      'all',
      '--format',
      'jsonl',
      '--json',
    );
    expect(JSON.parse(all.stdout)).toEqual({
      ...{ exported: 4, state: 'all' },
      ...{ format: 'jsonl', file: 'all' },
    });
    expect((await box.read('all')).trimEnd().split('\n').length).toBe(4);
  });

  it('refuses what it cannot do', async () => {
    const cases = [
      [['--state', 'lost'], 'Allowed choices are finished, failed, todo, in_progress, all'],
      [['--format', 'xlsx'], 'Allowed choices are csv, jsonl'],
      [['--json'], 'With --json the tasks must go to a file. Give -o FILE.'],
      [['-o', 'missing/results.csv'], 'Cannot write missing/results.csv: no such file.'],
    ] as const;
    for (const [args, said] of cases) {
      const { code, stderr } = await distcomp('export', ...args);
      expect(stderr).toContain(said);
      expect(code).toBe(2);
    }
    expect(await readdir(box.cwd)).toEqual([]);
  });

  it('ends when nobody reads any more', async () => {
    await finishedTasks(50_000);
    const { stdout, stderr } = await box.distcomp(['export', '--state', 'all'], { env });
    expect(stdout.split('\r\n').length).toBe(50_002);
    expect(stderr).toBe('');
    const { cli } = programs();
    const shown = await box.shell(`'${process.execPath}' '${cli}' export | head -1`, env);
    expect(shown).toMatch(/^id,state,[a-z_,]*\r\n$/);
  });

  it('takes less memory than what it writes', async () => {
    const result = `w~1: ${JSON.stringify('x'.repeat(4_000))}`;
    for (let i = 0; i < 20_000; i += 1_000) {
      const some = Array.from({ length: 1_000 }, (_, k) => [`shell:1:0:0:echo ${i + k}`, result]);
      await queue.redis.hset('finished_tasks', Object.fromEntries(some));
    }
    // Node ends a program that needs more.
    const memory = { NODE_OPTIONS: '--max-old-space-size=64' };
    const { code, stderr } = await box.distcomp(['export', '-o', 'results.csv'], {
      env: { ...env, ...memory },
    });
    expect([code, stderr]).toEqual([
      0,
      'Exporting 20,000 tasks.\n20,000 tasks exported to results.csv\n',
    ]);
    const { size } = await stat(join(box.cwd, 'results.csv'));
    expect(size).toBeGreaterThan(80_000_000);
  });

  it('leaves nothing behind after Ctrl-C', async () => {
    await finishedTasks(200_000);
    // Its thousand answers take minutes: it is not done before Ctrl-C, however late that comes.
    const way = await longWay(redis.port);
    way.delayMs = 200;
    const running = await box.start(['export', '-o', 'results.csv'], {
      env: { DISTCOMP_REDIS_URL: `redis://127.0.0.1:${way.port}` },
    });
    await until(async () => (await readdir(box.cwd)).some(name => name.endsWith('.part')));
    running.process.kill('SIGINT');
    const { code, stderr } = await running.ended;
    await way.close();
    expect([code, stderr]).toEqual([1, 'Exporting 200,000 tasks.\nNothing was written.\n']);
    expect(await readdir(box.cwd)).toEqual([]);
  });
});

describe('distcomp retry --signature', () => {
  it('retries all that failed in this way, and no others', async () => {
    await ended();
    const signature = 'exit 1  bad seed <n>';
    const { code, stdout, stderr } = await distcomp('retry', '--signature', signature);
    expect([code, stdout]).toEqual([0, '2 tasks queued for retry\n']);
    expect(stderr).toContain('Retrying 2 failed tasks.\n');
    expect(await states(queue, FAIL)).toEqual(['todo', 'todo', 'failed']);
    expect((await distcomp('undo')).stdout).toBe('2 tasks marked failed again\n');
    expect(await states(queue, FAIL)).toEqual(['failed', 'failed', 'failed']);
  });

  it('names the ways in which tasks failed when it does not know this one', async () => {
    await ended();
    const { code, stderr } = await distcomp('retry', '--signature', 'exit 9');
    expect(code).toBe(2);
    expect(stderr).toBe(
      'No task of queue "default" failed with the signature "exit 9". There are:\n  2 × exit 1  bad seed <n>\n  1 × exit 2  no<U+202E>more\n',
    );
    expect((await distcomp('retry', '--signature', 'exit 9', '--all-failed')).code).toBe(2);
    expect(await states(queue, FAIL)).toEqual(['failed', 'failed', 'failed']);
  });
});
