/** One task of an original's worker: a process of its own, which runs the command and reports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import type { RedisConnection } from '../../../src/queue/connection';
import { hdel, hget, hset } from './roundTrips';
import { type Steps, Strand } from './strand';
import { decodeAscii, dumps, type OriginalTask, strip } from './task';

const MIB = 1024 * 1024;

/** How a command ended. `exit` is negative for a signal, as in Python. */
export interface Outcome {
  exit: number;
  stdout?: Uint8Array | string;
  stderr?: Uint8Array | string;
}

export interface Reporter {
  readonly redis: RedisConnection;
  readonly name: string;
  readonly maxAttempts: number;
  /** Of its commands, besides this process's. */
  readonly environment: Readonly<Record<string, string>>;
}

export class TaskProcess {
  /** Its round trips, once the command has ended. */
  report: Strand | undefined;
  killed = false;
  readonly #worker: Reporter;
  #child: ChildProcess | undefined;

  constructor(
    readonly task: OriginalTask,
    worker: Reporter,
  ) {
    this.#worker = worker;
    // A type it does not know raises KeyError: there is nothing to run.
    if (this.#command === undefined) this.#reportFailure(`failed task \n'${task.type}'\n`);
  }

  get alive(): boolean {
    return !this.killed && !this.report?.over;
  }

  /** The command has ended so, whoever ran it. Its report may start. */
  end(outcome: Outcome): void {
    if (this.report || this.killed) throw new Error(`${this.task.line} has ended already`);
    try {
      const stdout = strip(decodeAscii(bytes(outcome.stdout)));
      const stderr = strip(decodeAscii(bytes(outcome.stderr)));
      if (outcome.exit !== 0) this.#reportFailure(stderr);
      else this.#report(reportFinished(this.#worker, this.task.line, stdoutMessage(stdout)));
    } catch (error) {
      // Text that is no ASCII is a failure, on either stream, whatever the command returned.
      if (!(error instanceof Error)) throw error;
      this.#reportFailure(`failed task \n${error.message}\n`);
    }
  }

  /** Runs the command with `/bin/sh` and reports, in real time. */
  async run(): Promise<void> {
    if (this.killed) return;
    if (!this.report) {
      const outcome = await this.#shell();
      if (this.killed) return;
      this.end(outcome);
    }
    await this.report?.run();
  }

  /** It and its command are gone at once. What it has reported so far stays. */
  kill(): void {
    this.killed = true;
    this.report?.kill();
    const { pid, exitCode, signalCode } = this.#child ?? {};
    // The command leads a group of its own.
    if (pid && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL');
  }

  get #command(): string | undefined {
    const { type, command } = this.task;
    return type === 'shell' ? command : type === 'demo' ? `echo demo ${command}` : undefined;
  }

  async #shell(): Promise<Outcome> {
    const child = spawn('/bin/sh', ['-c', this.#command ?? ''], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, ...this.#worker.environment },
    });
    this.#child = child;
    const [[exit, signal], stdout, stderr] = await Promise.all([
      once(child, 'exit'),
      buffer(child.stdout),
      buffer(child.stderr),
    ]);
    return { exit: signal === null ? exit : -1, stdout, stderr };
  }

  #report(steps: Steps): void {
    this.report = new Strand(this.#worker.redis, steps);
  }

  #reportFailure(stderr: string): void {
    this.#report(reportFailed(this.#worker, this.task.line, stderrMessage(stderr)));
  }
}

/**
 * It looks whose the task is, and only writes to its log if it is not its own. The reason of an
 * earlier failure stays.
 */
function* reportFinished({ name }: Reporter, line: string, message: string): Steps {
  yield* hget('in_progress_tasks', line);
  yield* hset('finished_tasks', line, `${name}: ${message}`);
  yield* hdel('in_progress_tasks', line);
  yield* hdel('failed_tasks', line);
}

/** Between its last two round trips the task is only in `failed_tasks`, attempts left or not. */
export function* reportFailed(worker: Reporter, line: string, reason: string): Steps {
  yield* hget('in_progress_tasks', line);
  const names = `${(yield* hget('failed_tasks', line)) ?? ''}${worker.name},`;
  yield* hset('failed_tasks', line, names);
  yield* hset('task_fail_reason', line, reason);
  yield* hdel('in_progress_tasks', line);
  if (names.split(',').length - 1 < worker.maxAttempts) yield* hset('todo_tasks', line, '');
}

function stdoutMessage(stdout: string): string {
  return stdout.length < MIB ? dumps(stdout) : 'stdout is too large';
}

function stderrMessage(stderr: string): string {
  const json = dumps(stderr);
  return json.length > 1024 ? `stderr is too large. ${json.slice(0, 1024)}` : json;
}

function bytes(output: Uint8Array | string = ''): Uint8Array {
  return typeof output === 'string' ? Buffer.from(output) : output;
}
