/** What the tests of lanes share. They look at `/proc` themselves, not through what is tested. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type {
  AttemptOutcome,
  AttemptSpec,
  Executor,
  ExecutorOptions,
  ShellCommand,
} from '../../../src/worker/lanes/executor';
import { LanePool } from '../../../src/worker/lanes/pool';
import { SpawnExecutor } from '../../../src/worker/lanes/spawnExecutor';
import { until } from '../../setup/until';

export const SHELLS: { name: string; shell: ShellCommand }[] = [
  { name: 'dash', shell: ['dash'] },
  { name: 'bash', shell: ['bash'] },
  { name: 'busybox', shell: ['busybox', 'sh'] },
];

export interface Kind {
  name: string;
  lanes: boolean;
  shell: ShellCommand;
}

export const LANE_KINDS: Kind[] = SHELLS.map(({ name, shell }) => ({
  name: `lanes on ${name}`,
  lanes: true,
  shell,
}));

/** Every way to run attempts; without lanes, the shell is the guard's. */
export const KINDS: Kind[] = [...LANE_KINDS, { name: 'spawn', lanes: false, shell: ['/bin/sh'] }];

/** An executor with its output folder. Closed and removed with the test. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'distcomp-lanes-'));
  readonly instance = `test-${process.pid}-${unique()}`;
  readonly executor: Executor;
  private attempts = 0;

  constructor(kind: Kind, options: Partial<ExecutorOptions> = {}) {
    const all: ExecutorOptions = {
      instance: this.instance,
      cwd: this.folder,
      maxOutputBytes: 2 ** 30,
      keepBackgroundProcesses: false,
      killGraceMs: 500,
      shell: kind.shell,
      ...options,
    };
    this.executor = kind.lanes ? new LanePool(all) : new SpawnExecutor(all);
    onTestFinished(async () => {
      await this.executor.close();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** Not started yet: for tests that act on it while it runs. */
  spec(command: string, more: Partial<AttemptSpec> = {}): AttemptSpec {
    this.attempts += 1;
    const taskId = `task${this.attempts}`;
    return {
      taskId,
      worker: 'bench~1',
      attempt: 1,
      command,
      outputBase: join(this.folder, `${taskId}-1`),
      timeoutSeconds: 0,
      ...more,
    };
  }

  async run(command: string, more: Partial<AttemptSpec> = {}): Promise<Ran> {
    const spec = this.spec(command, more);
    return new Ran(spec, await this.executor.run(spec));
  }

  /** Runs it and waits until its standard output holds `text`. */
  async begin(command: string, text: string): Promise<{ spec: AttemptSpec; ended: Promise<Ran> }> {
    const spec = this.spec(command);
    const ended = this.executor.run(spec).then(outcome => new Ran(spec, outcome));
    await waitFor(`${text} in the output of ${command}`, () =>
      read(`${spec.outputBase}.out`).includes(text),
    );
    return { spec, ended };
  }
}

export class Ran {
  constructor(
    readonly spec: AttemptSpec,
    readonly outcome: AttemptOutcome,
  ) {}

  get out(): string {
    return readFileSync(`${this.spec.outputBase}.out`, 'utf8');
  }

  get err(): string {
    return readFileSync(`${this.spec.outputBase}.err`, 'utf8');
  }
}

/** Empty for a file that is not there. */
export function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

let given = 0;

/** A number of seconds to sleep, for hours, by which its process is found again. */
export function unique(): string {
  given += 1;
  return `9${process.pid}.${given}`;
}

/** `until`, for what is seen at once. */
export async function waitFor(what: string, holds: () => boolean, ms = 120_000): Promise<void> {
  await until(holds, { describe: what, timeoutMs: ms });
}

export interface Seen {
  pid: number;
  command: string;
}

/** Living processes whose arguments or environment hold `text`. */
export function processesWith(text: string): Seen[] {
  return readdirSync('/proc').flatMap(name => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    const command = read(`/proc/${name}/cmdline`).replaceAll('\0', ' ');
    const state = /\) (\S)/.exec(read(`/proc/${name}/stat`))?.[1];
    if (state === undefined || state === 'Z') return [];
    const found = command.includes(text) || read(`/proc/${name}/environ`).includes(text);
    return found ? [{ pid: Number(name), command }] : [];
  });
}

export async function waitForProcess(text: string): Promise<Seen> {
  let found: Seen | undefined;
  await waitFor(`a process with ${text}`, () => {
    found = processesWith(text)[0];
    return found !== undefined;
  });
  if (found === undefined) throw new Error('not reached');
  return found;
}

export async function waitForNone(text: string, ms = 120_000): Promise<void> {
  await waitFor(
    `the end of all processes with ${text}`,
    () => processesWith(text).length === 0,
    ms,
  );
}
