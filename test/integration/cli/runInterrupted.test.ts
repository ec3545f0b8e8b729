import { describe, expect, it } from 'vitest';
import { isAlive } from '../../setup/processes';
import { until } from '../../setup/until';
import { sandbox } from './sandbox';
import { noting, ran, sorted, upTo, WAIT, workersOf, workersSaid } from './traces';

describe('Ctrl-C during a run', () => {
  it('lets running tasks finish and starts nothing new; the next run goes on', async () => {
    const box = await sandbox();
    await box.file('x.tasks', noting(10, WAIT));
    const run = await box.start(['run', 'x.tasks', '--lanes', '2']);
    await until(async () => (await ran(box)).length === 2);
    run.process.kill('SIGINT');
    // The run says that it ends before its worker has heard of it.
    await until(async () => (await workersSaid(box)).includes('Draining'));
    await box.file('gate', '');
    const first = await run.ended;
    expect(first.stderr).toContain('Ending: running tasks finish, nothing new starts.');
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
    await box.file('x.tasks', noting(40, WAIT));
    const run = await box.start(['run', 'x.tasks', '--workers', '2', '--lanes', '2']);
    await until(async () => (await ran(box)).length === 4);
    const [victim] = await workersOf(box);
    process.kill(victim?.pid ?? Number.NaN, 'SIGKILL');
    await box.file('gate', '');
    const { code, stdout, stderr } = await run.ended;
    expect(stderr).toMatch(/Worker [12] ended: SIGKILL {2}It starts again in 0\.5 s\./);
    expect(stdout).toContain('40 finished, 0 failed');
    expect(code).toBe(0);
    expect(new Set(await ran(box))).toEqual(new Set(upTo(40)));
  });

  it('goes on when its Redis was killed', async () => {
    const box = await sandbox();
    await box.file('x.tasks', noting(40, WAIT));
    const run = await box.start(['run', 'x.tasks', '--lanes', '2']);
    await until(async () => (await ran(box)).length === 2);
    const server = (await box.processes()).find(({ command }) => /-server 127/.test(command));
    process.kill(server?.pid ?? Number.NaN, 'SIGKILL');
    await until(() => run.stderr().includes('Redis does not answer. Waiting for it.'));
    await box.file('gate', '');
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
    expect(pids.filter(isAlive)).toEqual([]);
    expect(await box.processes()).toEqual([]);
  });

  it('is not run twice at a time', async () => {
    const box = await sandbox();
    await box.file('x.tasks', noting(1, WAIT));
    const first = await box.start(['run', 'x.tasks']);
    await until(async () => (await ran(box)).length === 1);
    const second = await box.distcomp(['run', './x.tasks']);
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(/x\.tasks is already running \(process \d+ on .*\)\./);
    const status = await box.distcomp(['status', '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      run: { file: 'x.tasks', running: true },
      inProgress: 1,
    });
    await box.file('gate', '');
    expect((await first.ended).code).toBe(0);
  });
});
