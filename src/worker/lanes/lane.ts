import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { AttemptSpec, ShellCommand } from './executor';
import { LANE_ARGUMENTS, LANE_PRELUDE, laneLine, parseStatus } from './laneScript';

/**
 * - `starting`: its shell was spawned and has not been used yet
 * - `idle`: waits for an attempt
 * - `running`: an attempt is out
 * - `dying`: told to end, or its shell is gone and its pipes are not drained yet
 * - `dead`: gone; no attempt is out any more
 *
 * starting → running ⇄ idle, and from each of them → dying → dead.
 */
export type LaneState = 'starting' | 'idle' | 'running' | 'dying' | 'dead';

/** What a lane knows about an attempt's end: its status, or only that the lane's own shell died. */
export type LaneEnd =
  | { status: number; silent: boolean }
  | { laneDied: NodeJS.Signals | undefined };

/** A long-lived shell, leader of its own session, that runs one attempt at a time. */
export class Lane {
  private current: LaneState = 'starting';
  private finish: ((end: LaneEnd) => void) | undefined;
  private received = '';
  private readonly commands: Writable;

  /** Rejects if the shell cannot be started. */
  static async start(shell: ShellCommand, env: NodeJS.ProcessEnv, cwd: string): Promise<Lane> {
    const [program, ...args] = shell;
    const child = spawn(program, [...args, ...LANE_ARGUMENTS], {
      cwd,
      env,
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    });
    const lane = new Lane(child);
    await once(child, 'spawn');
    return lane;
  }

  private constructor(private readonly child: ChildProcess) {
    this.commands = child.stdio[0] as Writable;
    const statuses = child.stdio[3] as Readable;
    // A lane that dies while it is written to is told by `close`, with what it died of.
    this.commands.on('error', () => {});
    statuses.on('error', () => {});
    statuses.setEncoding('latin1').on('data', (text: string) => this.receive(text));
    child.on('exit', () => this.become('dying'));
    // Not `exit`: a status written just before the end may still be in the pipe.
    child.on('close', (_code, signal) => this.ended(signal ?? undefined));
  }

  get state(): LaneState {
    return this.current;
  }

  /** Of its shell, and the number of its session. */
  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('the lane was not started');
    return pid;
  }

  /** Only when idle, or by whoever just started it. */
  run(spec: AttemptSpec): Promise<LaneEnd> {
    if (this.current !== 'idle' && this.current !== 'starting') {
      return Promise.resolve({ laneDied: this.child.signalCode ?? undefined });
    }
    const line = laneLine(spec);
    this.commands.write(this.current === 'starting' ? LANE_PRELUDE + line : line);
    this.become('running');
    return new Promise(resolve => {
      this.finish = resolve;
    });
  }

  /** Ends an idle lane; one that runs an attempt ends after it. */
  async retire(killAfterMs: number): Promise<void> {
    if (this.current === 'dead') return;
    this.become('dying');
    this.commands.end();
    const timer = setTimeout(() => this.kill(), killAfterMs);
    await once(this.child, 'close');
    clearTimeout(timer);
  }

  /** Kills the lane's own shell, not its task. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  onDeath(act: () => void): void {
    this.child.on('close', act);
  }

  private receive(text: string): void {
    this.received += text;
    const end = this.received.indexOf('\n');
    if (end < 0) return;
    const ended = parseStatus(this.received.slice(0, end));
    this.received = this.received.slice(end + 1);
    if (this.current === 'running') this.become('idle');
    this.settle(ended);
  }

  private ended(signal: NodeJS.Signals | undefined): void {
    this.become('dead');
    this.settle({ laneDied: signal });
  }

  private settle(end: LaneEnd): void {
    const { finish } = this;
    this.finish = undefined;
    finish?.(end);
  }

  private become(state: LaneState): void {
    if (this.current !== 'dead') this.current = state;
  }
}
