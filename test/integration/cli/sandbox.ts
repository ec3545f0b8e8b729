/**
 * A working directory and a state folder for the `distcomp` command as users run it, and the
 * command itself. What it leaves running lies in these folders, so that it is found and ended.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { programs } from '../../setup/bundle';
import { signalAll } from '../../setup/processes';
import { until } from '../../setup/until';

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  process: ChildProcess;
  stdout(): string;
  stderr(): string;
  ended: Promise<Ended>;
}

export interface CommandOptions {
  /** Over that of the tests; undefined: without that variable. */
  env?: Record<string, string | undefined>;
  input?: string;
}

export interface Sandbox {
  cwd: string;
  state: string;
  file(name: string, text: string | string[]): Promise<void>;
  read(name: string): Promise<string>;
  start(args: string[], options?: CommandOptions): Promise<Running>;
  distcomp(args: string[], options?: CommandOptions): Promise<Ended>;
  /** What a shell there prints, both outputs together. */
  shell(command: string, env: Record<string, string>): Promise<string>;
  /** Runs of which something is kept. */
  keptRuns(): Promise<string[]>;
  /** Command lines of what runs in its folders: workers, tasks, servers. */
  processes(): Promise<{ pid: number; command: string }[]>;
}

/** Tasks start whatever memory the machine has left. */
const ENVIRONMENT = {
  DISTCOMP_MIN_DRAM_GB_ACCEPT_NEW_TASK: '0',
  DISTCOMP_MIN_DRAM_GB_TRIGGER_RETURN: '0',
};

const roots: string[] = [];

export async function sandbox(): Promise<Sandbox> {
  const root = await mkdtemp(join(tmpdir(), 'distcomp-cli-'));
  roots.push(root);
  const cwd = join(root, 'work');
  const state = join(root, 'state');
  await mkdir(cwd);
  const { cli } = programs();

  const environment = (env: Record<string, string | undefined>) => {
    return { ...process.env, XDG_STATE_HOME: state, ...ENVIRONMENT, ...env };
  };
  const start = async (args: string[], { env = {}, input }: CommandOptions = {}) => {
    const child = spawn(process.execPath, [cli, ...args], { cwd, env: environment(env) });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', text => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', text => {
      stderr += text;
    });
    child.stdin.end(input ?? '');
    const ended = once(child, 'close').then(([code]) => ({ code, stdout, stderr }));
    return { process: child, stdout: () => stdout, stderr: () => stderr, ended };
  };
  return {
    cwd,
    state,
    file: (name, text) =>
      writeFile(join(cwd, name), typeof text === 'string' ? text : `${text.join('\n')}\n`),
    read: name => readFile(join(cwd, name), 'utf8'),
    start,
    distcomp: async (args, options) => (await start(args, options)).ended,
    shell: async (command, env) => {
      const child = spawn('/bin/sh', ['-c', `{ ${command}\n} 2>&1`], {
        cwd,
        env: environment(env),
      });
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', text => {
        printed += text;
      });
      await once(child, 'close');
      return printed;
    },
    keptRuns: () => readdir(join(state, 'distcomp')).catch(() => []),
    processes: () => processesIn(root),
  };
}

async function processesIn(root: string) {
  const found: { pid: number; command: string }[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => '');
    if (!cwd.startsWith(root)) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (command !== '') found.push({ pid: Number(name), command: command.replaceAll('\0', ' ') });
  }
  return found;
}

afterEach(async () => {
  for (const root of roots.splice(0)) {
    await until(async () => {
      const left = await processesIn(root);
      signalAll(
        left.map(({ pid }) => pid),
        'SIGKILL',
      );
      return left.length === 0;
    });
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }
});
