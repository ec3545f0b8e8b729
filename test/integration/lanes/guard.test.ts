/** What a worker leaves that is killed, seen from outside in `/proc`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { GUARD_NAME, GUARD_SCRIPT } from '../../../src/worker/lanes/guardScript';
import { endLeftovers } from '../../../src/worker/lanes/leftovers';
import { executorInstance } from '../../../src/worker/lanes/marker';
import { LinuxProcessTable } from '../../../src/worker/lanes/processTableLinux';
import {
  KINDS,
  type Kind,
  processesWith,
  read,
  SHELLS,
  unique,
  waitFor,
  waitForNone,
  waitForProcess,
} from './harness';
import type { TinyWork } from './tinyWorker';

const programFolder = mkdtempSync(join(tmpdir(), 'distcomp-tiny-'));
const program = join(programFolder, 'tinyWorker.mjs');

beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, 'tinyWorker.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node18',
    outfile: program,
  });
});
afterAll(() => rmSync(programFolder, { recursive: true }));

interface Tiny {
  child: ChildProcess;
  instance: string;
  /** In the arguments or the environment of everything that it starts, except its guard. */
  mark: string;
  folder: string;
}

/** Leader of its own group, as a worker started from a terminal is. */
function start(kind: Kind, commands: (mark: string) => string[], executor = 0): Tiny {
  const folder = mkdtempSync(join(tmpdir(), 'distcomp-tiny-'));
  const mark = unique();
  const instance = `tiny-${mark}`;
  const work: TinyWork = {
    lanes: kind.lanes,
    folder,
    commands: commands(mark),
    options: {
      instance: executorInstance(instance, executor),
      cwd: folder,
      maxOutputBytes: 2 ** 30,
      keepBackgroundProcesses: false,
      shell: kind.shell,
    },
  };
  const child = spawn(process.execPath, [program, JSON.stringify(work)], {
    detached: true,
    stdio: 'ignore',
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    for (const { pid } of processesWith(mark)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {}
    }
    await waitForNone(mark);
    rmSync(folder, { recursive: true });
  });
  return { child, instance, mark, folder };
}

/** Of every sort that is hard to end. */
const stubborn = (mark: string): string[] => [
  `exec sleep ${mark}`,
  `trap '' TERM HUP INT; while :; do sleep ${mark}; done`,
  `setsid sh -c 'trap "" TERM; sleep ${mark}; sleep ${mark}' & wait`,
  `timeout 7777 sleep ${mark}`,
  `env -i sleep ${mark} & wait`,
  `(setsid setsid sleep ${mark} &); sleep ${mark}`,
  `sleep ${mark} & kill -STOP $$`,
];
const SLEEPERS = 8;
/** Of all processes, as the guard's own: five seconds, and longer where the guard's take longer too. */
const LOOKS = 100;

const sleepers = (mark: string) =>
  processesWith(mark).filter(one => one.command.startsWith(`sleep ${mark}`));

const guardOf = (instance: string) =>
  processesWith(instance).filter(one => one.command.includes('distcomp-guard'));

/** Whether a process ignores a signal, as the kernel says. */
function ignores(pid: number, signal: number): boolean {
  const mask = /^SigIgn:\s*(\w+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

async function untilAllSleep(tiny: Tiny): Promise<void> {
  await waitFor('all of its processes', () => sleepers(tiny.mark).length === SLEEPERS);
  await untilGuardIsTold(tiny);
}

/** A worker that is killed between the start of a process and its word of it leaves what only that word finds. */
async function untilGuardIsTold({ child, folder }: Tiny): Promise<void> {
  const turn = join(folder, 'turn');
  rmSync(turn, { force: true });
  child.kill('SIGUSR2');
  await waitFor('the next turn of the worker', () => existsSync(turn));
}

describe.each(KINDS)('a worker killed with SIGKILL, by $name', kind => {
  it('leaves nothing alive five seconds later', async () => {
    const tiny = start(kind, stubborn);
    await untilAllSleep(tiny);
    tiny.child.kill('SIGKILL');
    await once(tiny.child, 'exit');
    for (let look = 0; look < LOOKS && processesWith(tiny.mark).length > 0; look++) await sleep(50);
    expect(processesWith(tiny.mark)).toEqual([]);
  });

  it('leaves nothing when the signal goes to its whole group', async () => {
    const tiny = start(kind, stubborn);
    await untilAllSleep(tiny);
    process.kill(-(tiny.child.pid ?? 0), 'SIGKILL');
    await once(tiny.child, 'exit');
    await waitForNone(tiny.mark);
  });

  it('leaves nothing though its first guard had been killed', async () => {
    const tiny = start(kind, stubborn);
    await untilAllSleep(tiny);
    const first = await waitForProcess(`distcomp-guard ${tiny.instance}`);
    process.kill(first.pid, 'SIGKILL');
    await waitFor('another guard', () => guardOf(tiny.instance).some(one => one.pid !== first.pid));
    await untilGuardIsTold(tiny);
    tiny.child.kill('SIGKILL');
    await once(tiny.child, 'exit');
    await waitForNone(tiny.mark);
  });

  it('leaves nothing of what its earlier executors had left running', async () => {
    const tiny = start(kind, stubborn, 1);
    const left = sleeper({ DISTCOMP_INSTANCE: tiny.instance });
    await untilAllSleep(tiny);
    tiny.child.kill('SIGKILL');
    await once(tiny.child, 'exit');
    await waitForNone(tiny.mark);
    await waitFor('its end', () => left.signalCode === 'SIGTERM');
  });

  it.each([0, 1])(
    'together with its guard leaves what the next start ends, by executor %i',
    async executor => {
      const tiny = start(kind, stubborn, executor);
      await untilAllSleep(tiny);
      const guard = await waitForProcess(`distcomp-guard ${tiny.instance}`);
      process.kill(guard.pid, 'SIGSTOP');
      tiny.child.kill('SIGKILL');
      process.kill(guard.pid, 'SIGKILL');
      await once(tiny.child, 'exit');
      await waitFor('the end of its guard', () => guardOf(tiny.instance).length === 0);
      expect(sleepers(tiny.mark).length).toBe(SLEEPERS);
      expect(await endLeftovers(tiny.instance, 500)).toBeGreaterThanOrEqual(SLEEPERS);
      expect(processesWith(tiny.mark)).toEqual([]);
    },
  );
});

it('an earlier start has left what had no environment in the first look: the second one finds it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'distcomp-left-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [instance, gate] = [`left-${unique()}`, join(folder, 'go')];
  const command = `while [ ! -e ${gate} ]; do sleep 0.02; done; export DISTCOMP_INSTANCE=${instance}; exec sleep 999`;
  const left = spawn('/bin/sh', ['-c', command], { env: {}, stdio: 'ignore' });
  onTestFinished(() => void left.kill('SIGKILL'));
  const list = LinuxProcessTable.prototype.list;
  let looks = 0;
  const look = vi.spyOn(LinuxProcessTable.prototype, 'list').mockImplementation(async function (
    this: LinuxProcessTable,
  ) {
    looks += 1;
    if (looks === 2) {
      writeFileSync(gate, '');
      await waitFor('its new program', () => read(`/proc/${left.pid}/cmdline`).startsWith('sleep'));
    }
    return list.call(this);
  });
  onTestFinished(() => look.mockRestore());
  expect(await endLeftovers(instance)).toBe(1);
  await waitFor('its end', () => left.signalCode === 'SIGTERM');
});

describe.each(SHELLS)('the guard, on $name', ({ shell }) => {
  it('ends the sessions it was told of, but not forgotten ones nor a number that was reused', async () => {
    const [program, ...args] = shell;
    const guard = spawn(program, [...args, '-c', GUARD_SCRIPT, GUARD_NAME, unique()], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const [first, second, forgotten, reused] = [sleeper(), sleeper(), sleeper(), sleeper()];
    for (const one of [first, second, forgotten]) {
      guard.stdin.write(`watch ${one.pid} ${startOf(one)}\n`);
    }
    guard.stdin.write(`watch ${reused.pid} ${startOf(reused) - 1}\n`);
    guard.stdin.write(`forget ${forgotten.pid}\nforget 1\n`);
    guard.stdin.end();
    await once(guard, 'exit');
    await waitFor(
      'both ends',
      () => first.signalCode === 'SIGTERM' && second.signalCode === 'SIGTERM',
    );
    expect(startOf(forgotten)).toBeGreaterThan(0);
    expect(startOf(reused)).toBeGreaterThan(0);
  });
});

/** In a session of its own; gone with the test. */
function sleeper(environment: Record<string, string> = {}): ChildProcess {
  const env = { ...process.env, ...environment };
  const child = spawn('sleep', [unique()], { detached: true, stdio: 'ignore', env });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

function startOf({ pid }: ChildProcess): number {
  return Number(read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ')[19]);
}

describe.each(KINDS)('the guard, by $name', kind => {
  it('outlives the signals of a terminal and goes when the worker ends in order', async () => {
    const tiny = start(kind, () => ['until [ -e go ]; do sleep 0.05; done; echo done']);
    const guard = await waitForProcess(`distcomp-guard ${tiny.instance}`);
    await waitFor('the task', () => processesWith('DISTCOMP_TASK_ID=tiny0').length > 0);
    // Its first line; one that a signal meets before is followed by another guard.
    await waitFor('its trap', () => ignores(guard.pid, constants.signals.SIGTERM));
    for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.kill(guard.pid, name);
    expect(guardOf(tiny.instance)).toEqual([guard]);
    writeFileSync(join(tiny.folder, 'go'), '');
    await once(tiny.child, 'exit');
    expect(tiny.child.exitCode).toBe(0);
    expect(processesWith(tiny.instance)).toEqual([]);
    expect(read(join(tiny.folder, 'tiny0.out'))).toBe('done\n');
  });
});
