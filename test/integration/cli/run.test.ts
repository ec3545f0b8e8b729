import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { taskId } from '../../../src/tasks/task';
import { startRedis } from '../../setup/redis';
import { until } from '../../setup/until';
import { alive, type Sandbox, sandbox } from './sandbox';

/** Notes that it ran, so that tests see how often. */
const noting = (count: number, command = 'true') =>
  Array.from({ length: count }, (_, i) => `shell:1:0:0:echo ${i} >> ran; ${command}`);
/** A task that does not end before the file `gate` is there. */
const WAIT = 'while [ ! -e gate ]; do sleep 0.05; done';
const ran = async ({ read }: Sandbox) =>
  (await read('ran').catch(() => '')).trim().split('\n').filter(Boolean).map(Number);
const sorted = (numbers: number[]) => [...numbers].sort((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const workersOf = async ({ processes }: Sandbox) =>
  (await processes()).filter(({ command }) => command.includes('worker.js'));

describe('distcomp run', () => {
  it('runs every task of a file in the working directory, and leaves nothing but their output', async () => {
    const box = await sandbox();
    await box.file('sweep.tasks', ['# a sweep', ...noting(20), '']);
    const { code, stdout, stderr } = await box.distcomp(['run', 'sweep.tasks', '--lanes', '3']);
    expect(stderr).toMatch(/^sweep\.tasks: 20 tasks\n/);
    expect(stderr).toMatch(/-server [\d.]+ on a private port · 1 worker, 3 lanes\n/);
    expect(stdout).toMatch(/^\n20 finished, 0 failed in [\d.]+ s\nslowest: /);
    expect(stdout).toMatch(/\noutput of the tasks: \.\/distcomp-results\n$/);
    expect(code).toBe(0);
    expect(sorted(await ran(box))).toEqual(upTo(20));
    expect(await box.keptRuns()).toEqual([]);
    expect(await box.processes()).toEqual([]);
  });

  it('shares the tasks among its workers', async () => {
    const box = await sandbox();
    await box.file('x.tasks', noting(8, 'echo $DISTCOMP_WORKER >> workers; sleep 0.5'));
    const { code, stderr } = await box.distcomp('run x.tasks --workers 2 --lanes 2'.split(' '));
    expect(stderr).toContain('2 workers, 2 lanes each');
    expect(code).toBe(0);
    const names = new Set((await box.read('workers')).trim().split('\n'));
    expect(names.size).toBe(2);
  });

  it('ends with 1 when a task failed, says why, keeps its output and tries it again the next time', async () => {
    const box = await sandbox();
    const failing = 'shell:1:0:0:echo told; echo "ValueError: lr too large" >&2; test -e mended';
    await box.file('x.tasks', [...noting(5), failing]);
    const env = { DISTCOMP_MAX_RETRY_PER_TASK: '2' };
    const first = await box.distcomp(['run', 'x.tasks'], { env });
    const id = taskId(failing);
    expect(first.code).toBe(1);
    expect(first.stderr).toMatch(
      /✗ echo told; .* {2}exit 1 {2}ValueError: lr too large {2}\(2 attempts\)/,
    );
    expect(first.stdout).toContain('5 finished, 1 failed in');
    expect(first.stdout).toContain(
      `  1 × exit 1  ValueError: lr too large      distcomp output ${id.slice(0, 6)}\n`,
    );
    expect(await box.processes()).toEqual([]);

    const status = await box.distcomp(['status']);
    expect(status.stdout).toContain('x.tasks · not running; run the file again to go on');
    expect(status.stdout).toMatch(/failed +1\n +finished +5\n/);
    const output = await box.distcomp(['output', id.slice(0, 6)]);
    expect(output).toEqual({ code: 0, stdout: 'told\n', stderr: 'ValueError: lr too large\n' });
    expect(await box.processes()).toEqual([]);

    await box.file('mended', '');
    const second = await box.distcomp(['run', 'x.tasks'], { env });
    expect(second.stderr).toContain('continuing: 5 of 6 already finished; 1 failed is tried again');
    expect(second.stdout).toMatch(/6 finished, 0 failed in [\d.]+ s · 5 had finished before/);
    expect(second.code).toBe(0);
    expect(sorted(await ran(box))).toEqual(upTo(5));
    expect(await box.keptRuns()).toEqual([]);
  });

  it('answers with one JSON document on standard output', async () => {
    const box = await sandbox();
    const good = 'shell:1:0:0:sleep 0.2; echo out';
    const bad = 'shell:1:0:0:echo seed 17 diverged >&2; exit 3';
    await box.file('x.tasks', [good, 'shell:1:4G:0:true', bad, good]);
    const env = { DISTCOMP_MAX_RETRY_PER_TASK: '1' };
    const { code, stdout, stderr } = await box.distcomp(['run', 'x.tasks', '--json'], { env });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      submitted: 2,
      finished: 1,
      failed: 1,
      seconds: expect.any(Number),
      already: 0,
      missing: 0,
      interrupted: false,
      notUnderstood: 1,
      problems: [
        {
          line: 2,
          column: 9,
          message: 'memory must be a whole number of GB, found "4G". Write 4',
        },
      ],
      failures: [
        {
          signature: 'exit 3  seed <n> diverged',
          count: 1,
          example: 'exit 3  seed 17 diverged',
          tasks: [taskId(bad)],
        },
      ],
      slowest: { id: taskId(good), task: good, seconds: expect.any(Number) },
      tasks: [
        { id: taskId(good), task: good, line: 1, state: 'finished', result: 'out' },
        {
          id: taskId(bad),
          task: bad,
          line: 3,
          state: 'failed',
          reason: 'seed 17 diverged',
        },
      ],
    });
    expect(stderr).toContain('x.tasks: 2 tasks (1 repeated line)');
    expect(stderr).toContain('1 finished, 1 failed in');
  });

  it('starts anew with --fresh', async () => {
    const box = await sandbox();
    await box.file('x.tasks', [...noting(3), 'shell:1:0:0:false']);
    const env = { DISTCOMP_MAX_RETRY_PER_TASK: '1' };
    await box.distcomp(['run', 'x.tasks'], { env });
    const again = await box.distcomp(['run', '--fresh', 'x.tasks'], { env });
    expect(again.stderr).not.toContain('continuing');
    expect(again.stdout).toContain('3 finished, 1 failed');
    expect(sorted(await ran(box))).toEqual([0, 0, 1, 1, 2, 2]);
  });
});

describe('lines that are no tasks', () => {
  it('are said with their place and remedy, and the others run', async () => {
    const box = await sandbox();
    const bad = Array.from({ length: 22 }, () => 'shell:1:4G:0:true');
    await box.file('x.tasks', [...noting(2), ...bad]);
    const { code, stderr } = await box.distcomp(['run', 'x.tasks']);
    expect(stderr).toContain(
      'x.tasks:3:9: memory must be a whole number of GB, found "4G". Write 4\n',
    );
    expect(stderr.match(/^x\.tasks:\d+:9:/gm)).toHaveLength(20);
    expect(stderr).toContain('\n… and 2 more\n');
    expect(code).toBe(0);
    expect(sorted(await ran(box))).toEqual([0, 1]);
  });

  it('stop everything with --strict, wherever in the file they are', async () => {
    const box = await sandbox();
    await box.file('x.tasks', [...noting(2000), 'shell:1:0:true']);
    const { code, stdout, stderr } = await box.distcomp(['run', 'x.tasks', '--strict', '--json']);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^x\.tasks:2001:\d+: .*\nNothing was submitted: 1 line was not understood/,
    );
    expect(JSON.parse(stdout)).toEqual({
      error: { message: expect.stringContaining('Nothing was submitted'), exit: 2 },
      problems: [{ line: 2001, column: expect.any(Number), message: expect.any(String) }],
    });
    expect(await ran(box)).toEqual([]);
    expect(await box.keptRuns()).toEqual([]);
  });

  it('end with 2 when there is nothing else', async () => {
    const box = await sandbox();
    await box.file('x.tasks', ['echo hello']);
    const { code, stderr } = await box.distcomp(['run', 'x.tasks']);
    expect(stderr).toContain('Write shell:0:0:0: before the command');
    expect(code).toBe(2);
  });
});

describe('Ctrl-C during a run', () => {
  it('lets running tasks finish and starts nothing new; the next run goes on', async () => {
    const box = await sandbox();
    await box.file('x.tasks', noting(10, WAIT));
    const run = await box.start(['run', 'x.tasks', '--lanes', '2']);
    await until(async () => (await ran(box)).length === 2);
    run.process.kill('SIGINT');
    await until(() => run.stderr().includes('Ending: running tasks finish, nothing new starts.'));
    await box.file('gate', '');
    const first = await run.ended;
    expect(first.code).toBe(1);
    expect(first.stdout).toContain('2 finished, 0 failed in');
    expect(first.stdout).toContain('8 tasks stay in the queue. Run the file again to go on.');
    expect(await ran(box)).toHaveLength(2);
    expect(await box.processes()).toEqual([]);

    const second = await box.distcomp(['run', 'x.tasks']);
    expect(second.stderr).toContain('continuing: 2 of 10 already finished');
    expect(second.code).toBe(0);
    expect(sorted(await ran(box))).toEqual(upTo(10));
  });

  it('ends running tasks at once when it comes twice; they run again', async () => {
    const box = await sandbox();
    await box.file('x.tasks', noting(4, WAIT));
    const run = await box.start(['run', 'x.tasks', '--lanes', '2', '--json']);
    await until(async () => (await ran(box)).length === 2);
    run.process.kill('SIGINT');
    await until(() => run.stderr().includes('Ending: '));
    run.process.kill('SIGINT');
    const first = await run.ended;
    expect(first.stderr).toContain('Ending at once: running tasks go back to the queue.');
    expect(first.code).toBe(1);
    expect(JSON.parse(first.stdout)).toMatchObject({
      submitted: 4,
      finished: 0,
      failed: 0,
      interrupted: true,
    });
    expect(await box.processes()).toEqual([]);

    await box.file('gate', '');
    const second = await box.distcomp(['run', 'x.tasks']);
    expect(second.code).toBe(0);
    const runs = await ran(box);
    expect(new Set(runs)).toEqual(new Set(upTo(4)));
    expect(runs).toHaveLength(6);
  });
});

describe('a run that loses something', () => {
  it('restarts a worker that was killed, and every task finishes', async () => {
    const box = await sandbox();
    await box.file('x.tasks', noting(40, 'sleep 0.1'));
    const run = await box.start(['run', 'x.tasks', '--workers', '2', '--lanes', '2']);
    await until(async () => (await ran(box)).length > 4);
    const [victim] = await workersOf(box);
    process.kill(victim?.pid ?? 0, 'SIGKILL');
    const { code, stdout, stderr } = await run.ended;
    expect(stderr).toMatch(/Worker [12] ended: SIGKILL {2}It starts again in 0\.5 s\./);
    expect(stdout).toContain('40 finished, 0 failed');
    expect(code).toBe(0);
    expect(new Set(await ran(box))).toEqual(new Set(upTo(40)));
  });

  it('goes on when its Redis was killed', async () => {
    const box = await sandbox();
    await box.file('x.tasks', noting(40, 'sleep 0.1'));
    const run = await box.start(['run', 'x.tasks', '--lanes', '2']);
    await until(async () => (await ran(box)).length > 4);
    const server = (await box.processes()).find(({ command }) => /-server 127/.test(command));
    process.kill(server?.pid ?? 0, 'SIGKILL');
    const { code, stdout, stderr } = await run.ended;
    expect(stderr).toContain('Redis does not answer. Waiting for it.\nRedis answers again.\n');
    expect(stdout).toContain('40 finished, 0 failed');
    expect(code).toBe(0);
    expect(await box.processes()).toEqual([]);
  });

  it('finds its Redis and workers again when it was killed itself', async () => {
    const box = await sandbox();
    await box.file('x.tasks', noting(6, WAIT));
    const args = ['run', 'x.tasks', '--workers', '2', '--lanes', '1'];
    const first = await box.start(args);
    await until(async () => (await ran(box)).length === 2);
    first.process.kill('SIGKILL');
    await first.ended;
    const pids = sorted((await workersOf(box)).map(({ pid }) => pid));
    expect(pids).toHaveLength(2);

    const second = await box.start(args);
    await until(() => second.stderr().includes('continuing'));
    expect(sorted((await workersOf(box)).map(({ pid }) => pid))).toEqual(pids);
    await box.file('gate', '');
    expect((await second.ended).code).toBe(0);
    expect(sorted(await ran(box))).toEqual(upTo(6));
    expect(pids.filter(alive)).toEqual([]);
    expect(await box.processes()).toEqual([]);
  });

  it('is not run twice at a time', async () => {
    const box = await sandbox();
    await box.file('x.tasks', noting(1, WAIT));
    const first = await box.start(['run', 'x.tasks']);
    await until(async () => (await ran(box)).length === 1);
    const second = await box.distcomp(['run', './x.tasks']);
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(/x\.tasks is running already \(process \d+ on .*\)\./);
    const status = await box.distcomp(['status', '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      run: { file: 'x.tasks', running: true },
      inProgress: 1,
    });
    await box.file('gate', '');
    expect((await first.ended).code).toBe(0);
  });
});

describe('a run on a Redis that is configured', () => {
  it('leaves the tasks of others alone, and finished ones in the queue', async () => {
    const redis = await startRedis({ password: 'open sesame' });
    try {
      const box = await sandbox();
      await redis.client().hset('todo_tasks', 'shell:9:0:0:echo other >> others', '');
      await box.file('x.tasks', noting(5));
      const env = { DISTCOMP_REDIS_URL: redis.url };
      const { code, stderr } = await box.distcomp(['run', 'x.tasks', '--lanes', '2'], { env });
      expect(stderr).toContain(`Redis at 127.0.0.1:${redis.port} · 1 worker, 2 lanes`);
      expect(code).toBe(0);
      const finished = await redis.client().hkeys('finished_tasks');
      expect(finished.filter(line => line.includes('ran'))).toHaveLength(5);
      expect(await box.processes()).toEqual([]);
      expect(await box.keptRuns()).toEqual([]);
    } finally {
      await redis.stop();
    }
  });

  it('never shows a password in arguments, environment or logs', async () => {
    const redis = await startRedis({ password: 'open-sesame-9471' });
    try {
      const box = await sandbox();
      await box.file(
        'conf.json',
        JSON.stringify({
          redis_host: '127.0.0.1',
          redis_port: redis.port,
          redis_pass: 'open-sesame-9471',
        }),
      );
      await box.file('x.tasks', noting(1, WAIT));
      const run = await box.start(['run', 'x.tasks']);
      await until(async () => (await ran(box)).length === 1);
      const { readFile } = await import('node:fs/promises');
      const processes = await box.processes();
      expect(processes.length).toBeGreaterThan(2);
      for (const { pid } of processes) {
        for (const what of ['cmdline', 'environ']) {
          const text = await readFile(`/proc/${pid}/${what}`, 'utf8').catch(() => '');
          expect(text).not.toContain('open-sesame-9471');
        }
      }
      await box.file('gate', '');
      const { stdout, stderr } = await run.ended;
      expect(stdout + stderr).not.toContain('open-sesame');
    } finally {
      await redis.stop();
    }
  });

  it('ends when someone has cleared the queue, and says so', async () => {
    const redis = await startRedis();
    try {
      const box = await sandbox();
      await box.file('x.tasks', noting(3, WAIT));
      const run = await box.start([
        'run',
        'x.tasks',
        '--redis',
        redis.url,
        '--lanes',
        '1',
        '--json',
      ]);
      await until(async () => (await ran(box)).length === 1);
      await redis.client().flushall();
      await box.file('gate', '');
      const { code, stdout } = await run.ended;
      expect(code).toBe(1);
      const { submitted, finished, missing } = JSON.parse(stdout);
      expect(submitted).toBe(3);
      expect(missing).toBeGreaterThanOrEqual(2);
      expect(finished + missing).toBe(3);
    } finally {
      await redis.stop();
    }
  });

  it('may have no workers of its own, and refuses --fresh', async () => {
    const redis = await startRedis();
    try {
      const box = await sandbox();
      await box.file('x.tasks', noting(3));
      const run = await box.start(['run', 'x.tasks', '--redis', redis.url, '--workers', '0']);
      await until(() => run.stderr().includes('No DistComp worker is live'));
      const worker = await box.start(['worker', '--redis', redis.url]);
      expect((await run.ended).code).toBe(0);
      worker.process.kill('SIGINT');
      expect((await worker.ended).code).toBe(0);

      const fresh = await box.distcomp(['run', 'x.tasks', '--redis', redis.url, '--fresh']);
      expect(fresh.code).toBe(2);
      expect(fresh.stderr).toContain('--fresh is for runs with a Redis of their own');
    } finally {
      await redis.stop();
    }
  });
});

describe('the output of tasks', () => {
  it('comes from the queue, with a word about it, where its files are gone', async () => {
    const box = await sandbox();
    await box.file('x.tasks', ['shell:1:0:0:echo out; echo err >&2; exit 1']);
    await box.distcomp(['run', 'x.tasks'], { env: { DISTCOMP_MAX_RETRY_PER_TASK: '1' } });
    await rm(join(box.cwd, 'distcomp-results'), { recursive: true });
    const id = taskId('shell:1:0:0:echo out; echo err >&2; exit 1');
    const { code, stdout, stderr } = await box.distcomp(['output', id]);
    expect(code).toBe(0);
    expect(stdout).toBe('out\n');
    expect(stderr).toMatch(/This is what the queue keeps of its output\..*\nerr\n$/);
    const document = JSON.parse((await box.distcomp(['output', id, '--json'])).stdout);
    expect(document).toMatchObject({
      id,
      state: 'failed',
      complete: false,
      out: 'out\n',
      err: 'err\n',
    });
  });

  it('is written where result_dir says', async () => {
    const box = await sandbox();
    await box.file('x.tasks', ['shell:1:0:0:echo out']);
    const env = { DISTCOMP_RESULT_DIR: './elsewhere' };
    const { stdout } = await box.distcomp(['run', 'x.tasks'], { env });
    expect(stdout).toContain('output of the tasks: ./elsewhere\n');
    await writeFile(join(box.cwd, 'elsewhere', 'kept'), '');
  });
});
