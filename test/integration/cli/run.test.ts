import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { taskId } from '../../../src/tasks/task';
import { programs } from '../../setup/bundle';
import { until } from '../../setup/until';
import { sandbox } from './sandbox';
import { noting, ran, sorted, upTo, WAIT } from './traces';

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
    // None ends before both have one: the second worker may begin long after the first.
    const both = 'until [ $(sort -u workers | wc -l) = 2 ]; do sleep 0.05; done';
    await box.file('x.tasks', noting(8, `echo $DISTCOMP_WORKER >> workers; ${both}`));
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
    const good = `shell:1:0:0:${WAIT}; echo out`;
    const bad = 'shell:1:0:0:echo seed 17 diverged >&2; exit 3';
    await box.file('x.tasks', [good, 'shell:1:4G:0:true', bad, good]);
    const env = { DISTCOMP_MAX_RETRY_PER_TASK: '1' };
    const run = await box.start(['run', 'x.tasks', '--json', '--lanes', '2'], { env });
    // It begins first and ends last, so it is the slowest however long the other one takes.
    await until(() => run.stderr().includes('✗'));
    await box.file('gate', '');
    const { code, stdout, stderr } = await run.ended;
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

  it('shows a bar on a terminal, with a line above it for attempts that failed', async () => {
    const box = await sandbox();
    // The last task ends when the terminal has shown all the others.
    const last = 'shell:1:0:0:until grep -q " 6/7 " tty; do sleep 0.1; done';
    await box.file('x.tasks', [...noting(5), 'shell:9:0:0:sleep 0.2; echo no >&2; false', last]);
    const { cli } = programs();
    const command = `'${process.execPath}' '${cli}' run x.tasks --lanes 2`;
    const shown = await box.shell(`script -qefc "stty cols 100; ${command}" tty </dev/null`, {
      DISTCOMP_MAX_RETRY_PER_TASK: '8',
    });
    expect(shown).toMatch(/ █{25}░{5} {2}6\/7 · .* left · 1 failed/);
    expect(shown).toMatch(/ █{30} {2}7\/7 · 1 failed/);
    const failure = '✗ sleep 0.2; echo no >&2; false  exit 1  no  ';
    expect(shown).toMatch(new RegExp(`${failure}\\(attempt \\d of 8\\)\r\n`));
    expect(shown).toContain(`${failure}(8 attempts)\r\n`);
    expect(shown).toMatch(/\r\n6 finished, 1 failed in /);
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
    const files = await readdir(join(box.cwd, 'elsewhere'), { recursive: true });
    const out = files.find(name => name.endsWith('.out')) ?? '';
    expect(await box.read(join('elsewhere', out))).toBe('out\n');
  });
});
