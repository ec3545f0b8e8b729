import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { withoutOurs } from './environment';
import type { ShellCommand } from './executor';
import { GUARD_NAME, GUARD_SCRIPT } from './guardScript';
import type { Session } from './ownership';

const RESTART_MS = 1000;

type Watched = Pick<Session, 'id' | 'startedAt'>;

/**
 * A shell in a session of its own that outlives the worker for as long as it takes to end
 * what a killed worker leaves. It holds no lane's pipe and nobody else holds its own, so the end of its
 * standard input means that the worker is gone, however that happened.
 */
export class Guard {
  private child: ChildProcess | undefined;
  private starting: Promise<void> | undefined;
  private readonly watched = new Map<number, Watched>();
  private ended = false;

  constructor(
    private readonly instance: string,
    private readonly shell: ShellCommand,
  ) {}

  /** Starts it unless it runs. Rejects if it cannot be started. */
  async ready(): Promise<void> {
    this.starting ??= this.start();
    try {
      await this.starting;
    } catch (error) {
      this.starting = undefined;
      throw error;
    }
  }

  watch(session: Watched): void {
    this.watched.set(session.id, session);
    this.tell(`watch ${session.id} ${session.startedAt}`);
  }

  forget(session: number): void {
    if (this.watched.delete(session)) this.tell(`forget ${session}`);
  }

  /** The worker ends in order: nothing is left to do. */
  async end(): Promise<void> {
    this.ended = true;
    await this.starting?.catch(() => {});
    const { child } = this;
    if (child === undefined) return;
    this.tell('end');
    input(child).end();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  private async start(): Promise<void> {
    const [program, ...args] = this.shell;
    const child = spawn(program, [...args, '-c', GUARD_SCRIPT, GUARD_NAME, this.instance], {
      cwd: '/',
      // Without the mark, or it would look for itself.
      env: withoutOurs(process.env),
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin.on('error', () => {});
    // Before it runs: what is in its pipe it reads, though the worker is killed in the next moment.
    this.child = child;
    for (const { id, startedAt } of this.watched.values()) this.tell(`watch ${id} ${startedAt}`);
    try {
      await once(child, 'spawn');
    } catch (error) {
      this.child = undefined;
      throw error;
    }
    child.on('exit', () => this.lost());
  }

  /** Somebody killed it: the next one must know what it knew. */
  private lost(): void {
    this.child = undefined;
    this.starting = undefined;
    if (this.ended) return;
    setTimeout(() => {
      if (!this.ended) this.ready().catch(() => {});
    }, RESTART_MS).unref();
  }

  private tell(line: string): void {
    if (this.child !== undefined) input(this.child).write(`${line}\n`);
  }
}

function input(child: ChildProcess): Writable {
  if (child.stdin === null) throw new Error('the guard has no standard input');
  return child.stdin;
}
