/**
 * What the editor knows about the queue. Tree, status bar and context keys follow this one store.
 *
 *   unconfigured ──open──▶ connecting ──▶ live ⇄ stale      (lost: reconnects by itself)
 *                              │           ▲
 *                              ▼           │
 *                           refused ───────┘                 (tries again, unless the password is wrong)
 *   every state ──open──▶ connecting;  every state ──close──▶ unconfigured
 *
 * `#enter` is the only function that changes the state. Nothing here imports `vscode`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisAddress } from '../../queue/address';
import type { Counts } from '../../queue/counts';
import type { Overview } from '../../queue/overview';
import type { PageRow } from '../../queue/pages';
import type { Queue } from '../../queue/queue';
import type { TaskState } from '../../queue/states';
import { FollowedRows } from './followedRows';
import { Pace, type PaceLimits, refreshLimits } from './pace';
import { noRows, type Rows } from './rows';
import type { Session } from './session';
import { type Speed, Standing } from './standing';

/** The queue to show. `label` is how people know its Redis. */
export interface Target {
  address: RedisAddress;
  queue: string;
  label: string;
  /** More about the server, for a tooltip. */
  about?: string;
  /** Whether it is this window's local cluster. */
  isLocal: boolean;
}

export type Link =
  | { state: 'unconfigured' }
  | { state: 'connecting' }
  | { state: 'live' }
  /** `since`: when Redis last answered, in milliseconds of `performance.now()`. */
  | { state: 'stale'; since: number }
  | { state: 'refused'; error: Error };

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

export class Store {
  #link: Link = { state: 'unconfigured' };
  #target: Target | undefined;
  #session: Session | undefined;
  #pace: Pace | undefined;
  #lastAnswer = 0;
  #watched = false;
  #mostPerSecond = Number.POSITIVE_INFINITY;
  #leave = new AbortController();
  readonly #standing = new Standing();
  readonly #followed = new FollowedRows();
  readonly #listeners = new Set<() => void>();
  readonly #log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  get link(): Link {
    return this.#link;
  }

  get target(): Target | undefined {
    return this.#target;
  }

  /** As last read; kept while stale. */
  get counts(): Counts | undefined {
    return this.#standing.overview?.counts;
  }

  /** As last read, with the counts. */
  get overview(): Overview | undefined {
    return this.#standing.overview;
  }

  get speed(): Speed {
    return this.#standing.speed;
  }

  /** Whether the queue is known to hold no task at all. */
  get isEmpty(): boolean {
    const { counts } = this;
    return !!counts && counts.todo + counts.inProgress + counts.failed + counts.finished === 0;
  }

  /** Undefined unless live. */
  get queue(): Queue | undefined {
    return this.#session?.queue;
  }

  /** Milliseconds on the clock of Redis, or of this machine when there is none to ask. */
  now(): number {
    return this.#session?.now() ?? Date.now();
  }

  onDidChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /** Shows this queue from now on. Resolves when it is live, or was refused for the first time. */
  open(target: Target): Promise<void> {
    this.#end();
    this.#target = target;
    this.#enter({ state: 'connecting' });
    const { signal } = this.#leave;
    return new Promise(resolve => {
      signal.addEventListener('abort', () => resolve());
      void this.#keepConnected(target, signal, resolve);
    });
  }

  /** Resolves when it is known whether the queue can be reached: at once, unless connecting. */
  settled(): Promise<void> {
    if (this.#link.state !== 'connecting') return Promise.resolve();
    return new Promise(resolve => {
      const subscription = this.onDidChange(() => {
        if (this.#link.state === 'connecting') return;
        subscription.dispose();
        resolve();
      });
    });
  }

  close(): void {
    this.#end();
    this.#enter({ state: 'unconfigured' });
  }

  /** Whether someone looks at the tree: if not, refreshes are rare and read counts alone. */
  watch(visible: boolean): void {
    this.#watched = visible;
    this.#pace?.limit(this.#limits());
    if (visible) this.refresh();
  }

  /** Reads what is shown so many times a second at most. */
  limitRefresh(perSecond: number): void {
    this.#mostPerSecond = perSecond;
    this.#pace?.limit(this.#limits());
  }

  #limits(): PaceLimits {
    return refreshLimits(this.#watched, this.#mostPerSecond);
  }

  refresh(): void {
    this.#pace?.soon();
  }

  /** The tasks of a state, which is followed from now on. As last read, or empty, when not live. */
  async rows(state: TaskState): Promise<Rows> {
    if (!this.#followed.follow(state)) await this.#read(state);
    return this.#followed.follow(state) ?? noRows;
  }

  /** Follows one page more of a state. */
  async more(state: TaskState): Promise<void> {
    this.#followed.followMore(state);
    await this.#read(state);
    this.#tell();
  }

  /** These tasks, as far as they are in this state. Undefined when not live. Throws when Redis goes away. */
  async rowsOf(state: TaskState, lines: readonly string[]): Promise<PageRow[] | undefined> {
    return this.#session?.rowsOf(state, lines);
  }

  /** The tasks of a state as last read, if they are followed. */
  known(state: TaskState): Rows | undefined {
    return this.#followed.known(state);
  }

  /** Nobody looks at the tasks of this state any more. */
  unfollow(state: TaskState): void {
    this.#followed.unfollow(state);
  }

  async #keepConnected(target: Target, signal: AbortSignal, settled: () => void): Promise<void> {
    let wait = FIRST_WAIT_MS;
    while (!signal.aborted) {
      let session: Session | undefined;
      try {
        // Loads ioredis: not before it is needed.
        const { Session } = await import('./session');
        session = await Session.open(target.address, target.queue, () => this.refresh());
        wait = FIRST_WAIT_MS;
        if (!signal.aborted) await this.#live(session, signal, settled);
      } catch (error) {
        if (!signal.aborted) this.#refused(error as Error, settled);
        if (isFinal(error)) return;
      } finally {
        session?.close();
      }
      await sleep(wait, undefined, { signal }).catch(() => undefined);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }

  /** From the first answer until the connection is lost. Throws when there is no first answer. */
  async #live(session: Session, signal: AbortSignal, settled: () => void): Promise<void> {
    await this.#look(session, signal);
    if (signal.aborted) return;
    const pace = new Pace(() => this.#refresh(session, signal), this.#limits());
    const close = () => session.close();
    signal.addEventListener('abort', close);
    this.#session = session;
    this.#pace = pace;
    this.#enter({ state: 'live' });
    settled();
    pace.soon();
    await session.lost;
    pace.stop();
    signal.removeEventListener('abort', close);
    if (!signal.aborted) this.#enter({ state: 'stale', since: this.#lastAnswer });
  }

  #refused(error: Error, settled: () => void): void {
    this.#log(error.message);
    // What was read stays on show while it is only old.
    if (this.#link.state !== 'stale' || isFinal(error)) this.#enter({ state: 'refused', error });
    settled();
  }

  async #refresh(session: Session, signal: AbortSignal): Promise<void> {
    try {
      if (await this.#look(session, signal)) this.#tell();
    } catch (error) {
      this.#log((error as Error).message);
      session.close();
    }
  }

  /** Reads what is shown. Tells whether anything changed. */
  async #look(session: Session, signal: AbortSignal): Promise<boolean> {
    const wanted = this.#watched ? this.#followed.wanted() : new Map<TaskState, number>();
    const { overview, rows } = await session.look(wanted);
    if (signal.aborted) return false;
    this.#lastAnswer = performance.now();
    const isNew = this.#standing.note(this.#lastAnswer, overview);
    return this.#followed.keep(wanted, rows) || isNew;
  }

  async #read(state: TaskState): Promise<void> {
    const session = this.#session;
    const pages = this.#followed.wanted().get(state);
    if (!session || !pages) return;
    try {
      const rows = await session.rows(state, pages);
      if (session !== this.#session) return;
      this.#followed.keep(new Map([[state, pages]]), new Map([[state, rows]]));
    } catch (error) {
      this.#log((error as Error).message);
      session.close();
    }
  }

  #end(): void {
    this.#leave.abort();
    this.#leave = new AbortController();
    this.#target = undefined;
    this.#forget();
  }

  #forget(): void {
    this.#standing.forget();
    this.#followed.forget();
  }

  #enter(link: Link): void {
    this.#link = link;
    if (link.state !== 'live') {
      this.#session = undefined;
      this.#pace = undefined;
    }
    if (link.state === 'refused') this.#forget();
    const { label } = this.#target ?? {};
    this.#log(label === undefined ? link.state : `${label}: ${link.state}`);
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

const FINAL: readonly unknown[] = [
  'refused_password',
  'refused_sentinel_password',
  'too_old',
  'other_kind',
  'default_queue',
];

/** Trying again would end the same way. */
function isFinal(error: unknown): boolean {
  const kind = error instanceof Error && 'kind' in error ? error.kind : undefined;
  return FINAL.includes(kind);
}
