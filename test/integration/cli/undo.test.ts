/** What acts on many tasks at once, and what takes it back. */
import { beforeEach, describe, expect, it } from 'vitest';
import { details } from '../../../src/queue/details';
import type { Queue } from '../../../src/queue/queue';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { taskId } from '../../../src/tasks/task';
import { Actor } from '../../setup/actor';
import { programs } from '../../setup/bundle';
import { checkInvariants } from '../../setup/invariants';
import { openTerminal } from '../../setup/terminal';
import { sandboxOnRedis } from './onRedis';
import type { Sandbox } from './sandbox';

let box: Sandbox;
let queue: Queue;
let env: Record<string, string>;
beforeEach(async () => {
  ({ box, queue, env } = await sandboxOnRedis());
});

const distcomp = (...args: string[]) => box.distcomp(args, { env });

const TASKS = ['finishes', 'fails', 'runs', 'waits', 'waits:too'].map(
  name => `shell:1:0:0:echo ${name}`,
);
const [FINISHES = '', FAILS = '', RUNS = '', ...WAIT] = TASKS;

/** One finished, one failed, one running, two waiting. */
async function busy(): Promise<Actor> {
  const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
  await submit(queue, [FINISHES, FAILS, RUNS]);
  await w.claim(3);
  w.finish(FINISHES, 'out');
  w.fail(FAILS, { exit: 4, err: 'no such seed' });
  await w.cycle();
  await submit(queue, WAIT);
  return w;
}

const QUESTION =
  'Clear queue "default"? 2 waiting, 1 running, 1 failed and 1 finished tasks and their results go. Can be undone for 10 minutes. What runs is ended; undone, it begins anew.';
const HINT = /^Can be undone for 10 minutes: distcomp undo ([\da-f]{8})\n$/;

/** What a person sees who answers on a terminal. */
async function onTerminal(args: string[], answer: string) {
  const { cli } = programs();
  const terminal = openTerminal([process.execPath, cli, ...args], {
    cwd: box.cwd,
    env: { ...process.env, ...env },
  });
  await terminal.answer('[y/N]', answer);
  return { code: await terminal.ended, shown: terminal.shown() };
}

describe('distcomp clear', () => {
  it('does nothing where nobody can be asked, and says what it would do', async () => {
    await busy();
    const { code, stdout, stderr } = await distcomp('clear');
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: `${QUESTION} Nobody can be asked here: give --yes.\n`,
    });
    await checkInvariants(queue, TASKS);
  });

  it('with --yes removes all, and undo brings it back, once', async () => {
    const w = await busy();
    const cleared = await distcomp('clear', '--yes');
    expect(cleared).toMatchObject({ code: 0, stdout: '5 tasks removed\n' });
    const [, id = ''] = HINT.exec(cleared.stderr) ?? [];
    await checkInvariants(queue, []);
    await w.renew();

    const undone = await distcomp('undo', id);
    expect(undone).toEqual({
      code: 0,
      stdout: '5 tasks restored\n',
      stderr: 'Undoing clear of 5 tasks.\n',
    });
    expect(await states(queue, TASKS)).toEqual(['finished', 'failed', 'todo', 'todo', 'todo']);
    expect((await details(queue, FINISHES)).result).toBe('out');
    await checkInvariants(queue, TASKS);

    const again = await distcomp('undo', id);
    expect(again).toEqual({
      code: 2,
      stdout: '',
      stderr: `Nothing to undo under ${id}: it is undone, or longer ago than 10 minutes.\n`,
    });
    const last = await distcomp('undo');
    expect(last.stderr).toBe(
      'Nothing to undo in queue "default": what was done there is undone, or longer ago than 10 minutes.\n',
    );
    await checkInvariants(queue, TASKS);
  });

  it('asks on a terminal, and takes anything but a yes for a no', async () => {
    await busy();
    for (const answer of ['\n', 'n\n', 'yesterday\n', '\x03', '\x04']) {
      const { code, shown } = await onTerminal(['clear'], answer);
      expect(shown.replace(/\s+/g, ' ')).toContain(QUESTION);
      expect(shown).toContain('Nothing was cleared.');
      expect(code).toBe(1);
    }
    await checkInvariants(queue, TASKS);
    const { code, shown } = await onTerminal(['clear'], 'y\n');
    expect(shown).toContain('5 tasks removed');
    expect(code).toBe(0);
    await checkInvariants(queue, []);
  });

  it('asks nothing when nothing is there', async () => {
    expect(await distcomp('clear')).toEqual({ code: 0, stdout: '0 tasks removed\n', stderr: '' });
    expect(await distcomp('remove-finished')).toMatchObject({
      code: 0,
      stdout: '0 finished tasks removed\n',
    });
  });
});

describe('distcomp remove-finished', () => {
  it('removes what finished, answers in JSON, and is undone', async () => {
    await busy();
    const asked = await distcomp('remove-finished');
    expect([asked.code, asked.stderr]).toEqual([
      2,
      'Remove 1 finished task from queue "default"? Its result goes. Can be undone for 10 minutes. Nobody can be asked here: give --yes.\n',
    ]);
    const { stdout } = await distcomp('remove-finished', '--yes', '--json');
    const { removed, undo } = JSON.parse(stdout);
    expect(removed).toBe(1);
    await checkInvariants(queue, [FAILS, RUNS, ...WAIT]);
    const undone = await distcomp('undo', '--json');
    expect(JSON.parse(undone.stdout)).toEqual({
      ...{ undo, kind: 'remove_finished' },
      ...{ undone: 1, kept: 0, unsettled: 0 },
    });
    await checkInvariants(queue, TASKS);
  });
});

describe('distcomp retry and undo', () => {
  it('takes back what has not started, and says what has', async () => {
    const w = await busy();
    w.fail(RUNS, { exit: 4, err: 'no such seed' });
    await w.cycle();
    const retried = await distcomp('retry', '--all-failed', '--memory', '12');
    expect(retried.stdout).toBe('2 tasks queued for retry with 12 GB or more\n');
    for (const line of [FAILS, RUNS]) {
      expect((await details(queue, line)).needMemoryGb).toBe(12);
    }
    // Of one priority, what needs more comes first.
    const [started = ''] = await w.claim(1);
    expect([FAILS, RUNS]).toContain(started);
    const undone = await distcomp('undo');
    expect(undone.stdout).toBe('1 task marked failed again · 1 has started and stays as it is\n');
    await checkInvariants(queue, TASKS);
  });

  it('knows what else can be undone when the id is of nothing', async () => {
    await busy();
    const [first, second] = [
      JSON.parse((await distcomp('retry', taskId(FAILS), '--json')).stdout),
      JSON.parse((await distcomp('cancel', taskId(FAILS), '--json')).stdout),
    ];
    const { code, stderr } = await distcomp('undo', 'abcdef01');
    expect(code).toBe(2);
    expect(stderr).toBe(
      `Nothing to undo under abcdef01: it is undone, or longer ago than 10 minutes. What can be undone: ${second.undo} (cancel), ${first.undo} (retry).\n`,
    );
    expect((await distcomp('undo', second.undo)).stdout).toBe('1 task queued again\n');
    expect((await distcomp('undo', first.undo)).stdout).toBe('1 task marked failed again\n');
    await checkInvariants(queue, TASKS);
  });

  it('refuses memory that is no whole number of GB', async () => {
    const { code, stderr } = await distcomp('retry', '--all-failed', '--memory', '4G');
    expect(code).toBe(2);
    expect(stderr).toContain('It must be a whole number from 1 to 9,999.');
  });
});
