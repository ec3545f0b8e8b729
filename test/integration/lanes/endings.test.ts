/** Killing attempts, and what becomes of what they leave running. */
import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  Bench,
  KINDS,
  LANE_KINDS,
  processesWith,
  read,
  unique,
  waitFor,
  waitForNone,
  waitForProcess,
} from './harness';

/** Longer than a test may take: what goes, goes with TERM, however slow the machine is. */
const TERM_ALONE = { killGraceMs: 120_000 };

describe.each(KINDS)('killing an attempt, by $name', kind => {
  it('ends it with TERM and says why', async () => {
    const bench = new Bench(kind, TERM_ALONE);
    const { spec, ended } = await bench.begin('echo on; exec sleep 9999', 'on');
    bench.executor.kill(spec.taskId, 'memory');
    const { outcome, err } = await ended;
    expect(outcome).toMatchObject({ started: true, signal: 'SIGTERM', killed: 'memory' });
    expect(err).toBe('');
  });

  it('lets it clean up', async () => {
    const bench = new Bench(kind, TERM_ALONE);
    const { spec, ended } = await bench.begin(
      "trap 'echo cleaned; exit 3' TERM; echo on; while :; do sleep 0.05; done",
      'on',
    );
    bench.executor.kill(spec.taskId, 'enough');
    const { outcome, out } = await ended;
    expect(outcome).toMatchObject({ exit: 3, killed: 'enough' });
    expect(out).toBe('on\ncleaned\n');
  });

  it('ends one that ignores TERM with KILL, after the grace', async () => {
    const bench = new Bench(kind);
    const { spec, ended } = await bench.begin(
      "trap '' TERM HUP INT; echo on; while :; do sleep 0.1; done",
      'on',
    );
    bench.executor.kill(spec.taskId, 'enough');
    const { outcome } = await ended;
    expect(outcome).toMatchObject({ signal: 'SIGKILL', killed: 'enough' });
    expect(ofTask(bench, spec.taskId)).toEqual([]);
  });

  it('reaches what made a group or a session of its own, and is over only when nothing is left', async () => {
    const bench = new Bench(kind);
    const seconds = unique();
    const { spec, ended } = await bench.begin(
      [
        `timeout 7777 sleep ${seconds} &`,
        `setsid sh -c 'trap "" TERM; sleep ${seconds}; sleep ${seconds}' &`,
        `(setsid sleep ${seconds} &) ;`,
        `env -i setsid sleep ${seconds} &`,
        'echo on; wait',
      ].join(' '),
      'on',
    );
    await waitFor('all of them', () => sleepers(seconds).length === 4);
    bench.executor.kill(spec.taskId, 'enough');
    const { outcome } = await ended;
    expect(processesWith(seconds)).toEqual([]);
    expect(outcome.killed).toBe('enough');
  });

  it('ends `timeout 77 sleep 99`', async () => {
    const bench = new Bench(kind);
    const { spec, ended } = await bench.begin('echo on; timeout 77 sleep 99', 'on');
    await waitFor('sleep', () => ofTask(bench, spec.taskId).some(one => one.includes('sleep 99')));
    bench.executor.kill(spec.taskId, 'enough');
    await ended;
    expect(ofTask(bench, spec.taskId)).toEqual([]);
  });

  it.each(['kill -STOP $$', 'kill -STOP 0'])(
    'ends one that stopped itself with `%s`',
    async stop => {
      // A stopped process does not notice TERM.
      const bench = new Bench(kind, TERM_ALONE);
      const { spec, ended } = await bench.begin(`echo on; ${stop}; sleep 9999`, 'on');
      await waitFor('its stop', () => states(bench, spec.taskId).includes('T'));
      bench.executor.kill(spec.taskId, 'stopped');
      expect((await ended).outcome).toMatchObject({ signal: 'SIGTERM', killed: 'stopped' });
      expect((await bench.run('echo next')).out).toBe('next\n');
    },
  );

  it('does nothing to others, nor for a task that does not run', async () => {
    const bench = new Bench(kind);
    const one = await bench.begin('echo on; sleep 9999', 'on');
    const other = await bench.begin(
      'echo on; while [ ! -e go ]; do sleep 0.05; done; exit 4',
      'on',
    );
    bench.executor.kill('nobody', 'enough');
    bench.executor.kill(one.spec.taskId, 'enough');
    expect((await one.ended).outcome.killed).toBe('enough');
    bench.executor.kill(one.spec.taskId, 'again');
    await bench.run('touch go');
    expect((await other.ended).outcome).toMatchObject({ exit: 4 });
    expect((await other.ended).outcome.killed).toBeUndefined();
  });

  it('works before it has begun', async () => {
    const bench = new Bench(kind);
    const spec = bench.spec('sleep 9999');
    const ended = bench.executor.run(spec);
    bench.executor.kill(spec.taskId, 'early');
    expect((await ended).killed).toBe('early');
    expect(ofTask(bench, spec.taskId)).toEqual([]);
  });

  it('happens to all at the close, after which nothing is left', async () => {
    const bench = new Bench(kind);
    const ignoring = await bench.begin("trap '' TERM; echo on; while :; do sleep 0.1; done", 'on');
    await bench.begin(`echo on; setsid sleep ${unique()}`, 'on');
    await bench.executor.close();
    expect((await ignoring.ended).outcome).toMatchObject({ killed: 'the worker ended' });
    expect(processesWith(bench.instance)).toEqual([]);
    await expect(bench.run('true')).rejects.toThrow('closed');
  });
});

describe.each(KINDS)('a limit, by $name', kind => {
  it('of time ends the attempt, exactly', async () => {
    const bench = new Bench(kind, TERM_ALONE);
    const ran = await bench.run('sleep 9999', { timeoutSeconds: 1 });
    expect(ran.outcome).toMatchObject({ started: true, signal: 'SIGTERM', timeout: true });
    expect(ran.outcome.durationMs).toBeGreaterThanOrEqual(999);
    const inTime = await bench.run('sleep 0.1', { timeoutSeconds: 60 });
    expect(inTime.outcome).toMatchObject({ exit: 0 });
    expect(inTime.outcome.timeout).toBeUndefined();
  });

  it('of time that would not fit a timer does not end it', async () => {
    const bench = new Bench(kind);
    const ran = await bench.run('sleep 0.2', { timeoutSeconds: 10_000_000 });
    expect(ran.outcome).toMatchObject({ exit: 0 });
  });

  it('of output stops 2 GB in the middle, even from one that ignores TERM', async () => {
    const bench = new Bench(kind, { maxOutputBytes: 32 * 2 ** 20, killGraceMs: 60_000 });
    const ran = await bench.run("trap '' TERM; head -c 2147483648 /dev/zero; sleep 9999");
    expect(ran.outcome).toMatchObject({ started: true, signal: 'SIGKILL', outputLimit: true });
    expect(statSync(`${ran.spec.outputBase}.out`).size).toBeLessThan(2 ** 31);
    expect(statSync(`${ran.spec.outputBase}.out`).size).toBeGreaterThan(32 * 2 ** 20);
  });

  it('of output counts both files together', async () => {
    const bench = new Bench(kind, { maxOutputBytes: 1000 });
    const ran = await bench.run('head -c 600 /dev/zero; head -c 600 /dev/zero >&2; sleep 9999');
    expect(ran.outcome.outputLimit).toBe(true);
    const within = await bench.run('head -c 400 /dev/zero; head -c 400 /dev/zero >&2; sleep 0.5');
    expect(within.outcome).toMatchObject({ exit: 0 });
  });
});

describe.each(KINDS)('what a task leaves running, by $name', kind => {
  it('is ended soon after, and the result does not wait for it', async () => {
    const bench = new Bench(kind, { killGraceMs: 2000 });
    const seconds = unique();
    const ran = await bench.run(
      `sh -c 'trap "" TERM; echo on; sleep ${seconds}; sleep ${seconds}' & ` +
        `setsid sleep ${seconds} & env -i sleep ${seconds} & ` +
        'until grep -q on /proc/$$/fd/1; do sleep 0.02; done; exit 3',
    );
    expect(ran.outcome).toMatchObject({ exit: 3 });
    expect(processesWith(seconds).length).toBeGreaterThan(0);
    await waitForNone(seconds);
  });

  it('is ended though a look found it without an environment, as amid an exec', async () => {
    const bench = new Bench(kind);
    const [late, seen] = [unique(), unique()];
    const mark = ['INSTANCE', 'TASK_ID', 'WORKER', 'ATTEMPT']
      .map(name => `DISTCOMP_${name}=$DISTCOMP_${name}`)
      .join(' ');
    await bench.run(
      `(env -i setsid sh -c "while [ ! -e go ]; do sleep 0.02; done; export ${mark}; exec sleep ${late}" &); ` +
        `setsid sleep ${seen} &`,
    );
    await waitForProcess(late);
    // Whatever ended this one has seen the other one too.
    await waitForNone(seen);
    await bench.run('touch go');
    await waitFor('its new program', () =>
      processesWith(late).every(({ command }) => command.startsWith('sleep')),
    );
    await bench.run('true');
    await waitForNone(late);
  });

  it('is told from the next attempt, which goes on', async () => {
    const bench = new Bench(kind);
    const seconds = unique();
    const first = bench.spec(
      `sleep ${seconds} & env -i sleep ${seconds} & setsid sleep ${seconds} &`,
    );
    const second = bench.spec(
      `echo on; env -i sleep ${seconds}1 & (sleep ${seconds}2 &); setsid sleep ${seconds}3 & ` +
        'while [ ! -e go ]; do sleep 0.05; done; echo ended',
    );
    await bench.executor.run(first);
    const ended = bench.executor.run(second);
    await waitFor('the end of the first', () =>
      processesWith(`sleep ${seconds}`).every(one => !one.command.trim().endsWith(seconds)),
    );
    for (const mine of ['1', '2', '3']) await waitForProcess(`sleep ${seconds}${mine}`);
    await bench.run('touch go');
    expect((await ended).exit).toBe(0);
    expect(read(`${second.outputBase}.out`)).toBe('on\nended\n');
    await waitForNone(seconds);
  });

  it('never writes into the next attempt’s files', async () => {
    const bench = new Bench(kind, { keepBackgroundProcesses: true });
    const late = await bench.run(
      '(while [ ! -e go ]; do sleep 0.05; done; echo late; echo late >&2) &',
    );
    const next = await bench.run('touch go; echo mine');
    await waitFor('the late output', () => late.out + late.err === 'late\nlate\n');
    expect(next.out).toBe('mine\n');
    expect(next.err).toBe('');
  });

  it('goes on when the configuration keeps it, after the close too', async () => {
    const bench = new Bench(kind, { keepBackgroundProcesses: true });
    const seconds = unique();
    await bench.run(`sleep ${seconds} & setsid sleep ${seconds} &`);
    await waitFor('both of them', () => sleepers(seconds).length === 2);
    const { spec, ended } = await bench.begin(`sleep ${seconds}1 & echo on; wait`, 'on');
    bench.executor.kill(spec.taskId, 'enough');
    await ended;
    expect(processesWith(`${seconds}1`)).toEqual([]);
    await bench.executor.close();
    expect(sleepers(seconds).length).toBe(2);
    for (const { pid } of sleepers(seconds)) process.kill(pid, 'SIGKILL');
  });
});

describe.each(LANE_KINDS)('a lane, of $name', kind => {
  it.each(['TERM', 'HUP', 'INT', 'QUIT', 'USR1', 'ALRM', 'PIPE'])(
    'survives a task that sends SIG%s to its whole group',
    async name => {
      const bench = new Bench(kind);
      const lane = (await bench.run('echo $PPID')).out;
      const ran = await bench.run(`kill -s ${name} 0; sleep 9999`);
      expect(ran.outcome).toMatchObject({ started: true, signal: `SIG${name}` });
      expect((await bench.run('echo $PPID')).out).toBe(lane);
    },
  );

  it('survives the killing of its task', async () => {
    const bench = new Bench(kind);
    const lane = (await bench.run('echo $PPID')).out;
    const { spec, ended } = await bench.begin('echo on; sleep 9999', 'on');
    bench.executor.kill(spec.taskId, 'enough');
    await ended;
    expect((await bench.run('echo $PPID')).out).toBe(lane);
  });

  it.each(['kill -9 $PPID', 'kill -9 0'])(
    'that dies of its task’s `%s` is replaced',
    async kill => {
      const bench = new Bench(kind);
      const seconds = unique();
      const ran = await bench.run(`setsid sleep ${seconds} & sleep 0.1; ${kill}; sleep ${seconds}`);
      expect(ran.outcome).toMatchObject({ started: true, signal: 'SIGKILL', laneDied: true });
      expect(processesWith(seconds)).toEqual([]);
      expect((await bench.run('echo next')).out).toBe('next\n');
    },
  );

  it('that is killed while idle is replaced', async () => {
    const bench = new Bench(kind);
    const lane = Number((await bench.run('echo $PPID')).out);
    process.kill(lane, 'SIGKILL');
    await waitFor('its end', () => read(`/proc/${lane}/stat`) === '');
    const ran = await bench.run('echo $PPID');
    expect(ran.outcome.exit).toBe(0);
    expect(Number(ran.out)).not.toBe(lane);
  });

  it('whose task stops it and goes on by itself is woken', async () => {
    const bench = new Bench(kind);
    const ran = await bench.run('kill -STOP $PPID; echo done');
    expect(ran.outcome.exit).toBe(0);
  });

  it('gives back what it was handed when it dies before starting it', async () => {
    const bench = new Bench(kind);
    const lane = Number((await bench.run('echo $PPID')).out);
    await waitFor('its stop', () => {
      // Again: a look after the end of the first attempt wakes a lane that is stopped.
      process.kill(lane, 'SIGSTOP');
      return / [Tt] /.test(read(`/proc/${lane}/stat`));
    });
    const spec = bench.spec('echo ran');
    const ended = bench.executor.run(spec);
    process.kill(lane, 'SIGKILL');
    expect(await ended).toMatchObject({ started: false });
    expect(read(`${spec.outputBase}.out`)).toBe('');
  });
});

/** The living processes of an attempt, by their environment; a lane itself does not carry it. */
function ofTask(bench: Bench, taskId: string): string[] {
  return processesWith(`DISTCOMP_TASK_ID=${taskId}\0`)
    .filter(({ pid }) => read(`/proc/${pid}/environ`).includes(bench.instance))
    .map(one => one.command);
}

function states(bench: Bench, taskId: string): string[] {
  return processesWith(`DISTCOMP_TASK_ID=${taskId}\0`)
    .filter(({ pid }) => read(`/proc/${pid}/environ`).includes(bench.instance))
    .map(({ pid }) => /\) (\S)/.exec(read(`/proc/${pid}/stat`))?.[1] ?? '');
}

function sleepers(seconds: string) {
  return processesWith(`sleep ${seconds}`).filter(one => one.command.startsWith('sleep '));
}
