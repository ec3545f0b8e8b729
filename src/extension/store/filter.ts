/**
 * What the tree of tasks is narrowed down to, and how far the search for it is.
 *
 *   off ──start──▶ searching ──▶ ended
 *                      │
 *                      └──stop──▶ stopped
 *   every state but off ──another queue, or the same after Redis was away──▶ searching
 *   every state ──start──▶ searching;  every state ──clear──▶ off
 *
 * `#enter` is the only function that changes the state. Nothing here imports `vscode`.
 */
import type { Queue } from '../../queue/queue';
import type { TaskState } from '../../queue/states';
import { type Found, noneFound, noRows, PAGE_SIZE, type Rows } from './rows';
import type { Store } from './store';

export type FilterState = 'off' | 'searching' | 'stopped' | 'ended';

const STATES: readonly TaskState[] = ['in_progress', 'failed', 'todo', 'finished'];
/** Views are told at most four times a second, and at once of what is first. */
const GAP_MS = 250;

export class Filter {
  readonly #store: Store;
  readonly #subscription: { dispose(): void };
  readonly #listeners = new Set<() => void>();
  readonly #log: (line: string) => void;
  #state: FilterState = 'off';
  #text = '';
  #queue: Queue | undefined;
  #found = new Map<TaskState, Found>();
  #pages = new Map<TaskState, number>();
  #rows = new Map<TaskState, Rows>();
  #search = new AbortController();
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(store: Store, log: (line: string) => void) {
    this.#store = store;
    this.#log = log;
    this.#subscription = store.onDidChange(() => this.#follow());
  }

  dispose(): void {
    this.#search.abort();
    this.#subscription.dispose();
  }

  get state(): FilterState {
    return this.#state;
  }

  get isOn(): boolean {
    return this.#state !== 'off';
  }

  /** What is searched for; empty when off. */
  get text(): string {
    return this.#text;
  }

  onDidChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /** What was found of a state by now. */
  found(state: TaskState): Found {
    return this.#found.get(state) ?? noneFound();
  }

  /** Of all states together. */
  progress(): { searched: number; total: number; matches: number } {
    const sum = { searched: 0, total: 0, matches: 0 };
    for (const { searched, total, lines } of this.#found.values()) {
      sum.searched += searched;
      sum.total += total;
      sum.matches += lines.length;
    }
    return sum;
  }

  /** Shows the tasks in which this text stands, from now on. */
  start(text: string): void {
    this.#text = text;
    this.#pages.clear();
    this.#begin();
  }

  /** What was found stays. */
  stop(): void {
    if (this.#state !== 'searching') return;
    this.#search.abort();
    this.#enter('stopped');
  }

  /** Looks again at all tasks. */
  again(): void {
    if (this.isOn) this.#begin();
  }

  clear(): void {
    this.#search.abort();
    this.#text = '';
    this.#found.clear();
    this.#rows.clear();
    this.#enter('off');
  }

  /** Shows one page more of what was found. */
  more(state: TaskState): void {
    this.#pages.set(state, (this.#pages.get(state) ?? 1) + 1);
    this.#tell();
  }

  /** What was found of a state and is still in it, as far as it is shown. As last read, when not live. */
  async rows(state: TaskState): Promise<Rows> {
    const { lines } = this.found(state);
    const wanted = lines.slice(0, (this.#pages.get(state) ?? 1) * PAGE_SIZE);
    // Before they are read: more may be found meanwhile, which is no next page.
    const more = wanted.length < lines.length;
    try {
      const rows = await this.#store.rowsOf(state, wanted);
      if (rows) this.#rows.set(state, { rows, more, orderEnds: undefined });
    } catch (error) {
      this.#log((error as Error).message);
    }
    return this.#rows.get(state) ?? noRows;
  }

  /** Another connection, or another queue: what was found there is not what is here. */
  #follow(): void {
    const { queue } = this.#store;
    if (this.isOn && queue && queue !== this.#queue) this.#begin();
  }

  #begin(): void {
    this.#search.abort();
    this.#search = new AbortController();
    this.#queue = this.#store.queue;
    this.#found = new Map();
    this.#rows = new Map();
    this.#enter('searching');
    if (this.#queue) void this.#run(this.#queue, this.#search.signal);
  }

  async #run(queue: Queue, signal: AbortSignal): Promise<void> {
    try {
      await Promise.all(STATES.map(state => this.#searchIn(queue, state, signal)));
      if (!signal.aborted) this.#enter('ended');
    } catch (error) {
      this.#log((error as Error).message);
      // When Redis is away, the search begins anew as soon as it is back.
      const isAway = error instanceof Error && error.name === 'ConnectionLost';
      if (!isAway && !signal.aborted) this.stop();
    }
  }

  /** All states at a time: the first matches of each come at once. */
  async #searchIn(queue: Queue, state: TaskState, signal: AbortSignal): Promise<void> {
    // Loads ioredis: not before it is needed.
    const { search, MOST_MATCHES } = await import('../../queue/search');
    const found = noneFound();
    for await (const { lines, searched, total } of search(queue, state, this.#text)) {
      if (signal.aborted) return;
      const isFirst = found.lines.length === 0 && lines.length > 0;
      found.lines.push(...lines);
      Object.assign(found, { searched, total, isFull: found.lines.length >= MOST_MATCHES });
      this.#found.set(state, found);
      if (isFirst || performance.now() - this.#toldAt >= GAP_MS) this.#tell();
    }
  }

  #enter(state: FilterState): void {
    this.#state = state;
    this.#tell();
  }

  #tell(): void {
    this.#toldAt = performance.now();
    for (const listener of [...this.#listeners]) listener();
  }
}
