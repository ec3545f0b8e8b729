/**
 * What the Workers view shows: who works, and what those hold that are unfolded. It follows the queue of the
 * store while someone looks, at most four times a second, and reads nothing else. Nothing here imports `vscode`.
 */
import { isDeepStrictEqual } from 'node:util';
import type { QueueWorker, Roster } from '../../queue/workers';
import type { WorkerTasks, WorkerTasksAsk } from '../../queue/workerTasks';
import { workerState } from '../../queue/workerWords';
import { Pace } from './pace';
import { PAGE_SIZE } from './rows';
import type { Store } from './store';

/** Heartbeats come every two seconds, and no event tells of them. */
const LIMITS = { gapMs: 250, idleMs: 2_000 };

/** What of a worker is unfolded. */
export type Part = 'running' | 'buffered';

/** Pages of each part; 0 while it is folded. */
type Pages = Record<Part, number>;

type Source = Pick<Store, 'queue' | 'target' | 'onDidChange'>;

export class WorkerRows {
  readonly #source: Source;
  readonly #log: (line: string) => void;
  readonly #listeners = new Set<() => void>();
  readonly #subscription: { dispose(): void };
  readonly #unfolded = new Map<string, Pages>();
  #target: Source['target'];
  #roster: Roster | undefined;
  #tasks: ReadonlyMap<string, WorkerTasks> = new Map();
  #pace: Pace | undefined;

  constructor(source: Source, log: (line: string) => void) {
    this.#source = source;
    this.#log = log;
    this.#subscription = source.onDidChange(() => this.#follow());
  }

  dispose(): void {
    this.watch(false);
    this.#subscription.dispose();
  }

  /** As last read; kept while Redis is away. */
  get roster(): Roster | undefined {
    return this.#roster;
  }

  /** What a worker holds, as last read; undefined if that was not asked for. */
  held(worker: string): WorkerTasks | undefined {
    return this.#tasks.get(worker);
  }

  /** Whether tasks are shown, with durations that go on. */
  get isUnfolded(): boolean {
    return this.#unfolded.size > 0;
  }

  onDidChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /** Whether someone looks at the view. */
  watch(visible: boolean): void {
    if (visible === (this.#pace !== undefined)) return;
    this.#pace?.stop();
    this.#pace = visible ? new Pace(() => this.#look(), LIMITS) : undefined;
    this.#pace?.soon();
  }

  refresh(): void {
    this.#pace?.soon();
  }

  /** Tasks of a worker, which are followed from now on. */
  async unfold(worker: string, part: Part): Promise<WorkerTasks | undefined> {
    const pages = this.#unfolded.get(worker);
    if (!pages?.[part]) {
      this.#unfolded.set(worker, { running: 0, buffered: 0, ...pages, [part]: 1 });
      await this.#read([worker]);
    }
    return this.#tasks.get(worker);
  }

  /** Follows one page more. */
  async more(worker: string, part: Part): Promise<void> {
    const pages = this.#unfolded.get(worker);
    if (!pages) return;
    pages[part]++;
    await this.#read([worker]);
    this.#tell();
  }

  /** Nobody looks at this part any more. What is buffered is under the worker, and folded with it. */
  fold(worker: string, part: Part): void {
    const pages = this.#unfolded.get(worker);
    if (part === 'running') this.#unfolded.delete(worker);
    else if (pages) pages.buffered = 0;
  }

  /** The queue changed, or the link to it. */
  #follow(): void {
    const { target } = this.#source;
    if (target !== this.#target) {
      this.#target = target;
      this.#forget();
    }
    this.#pace?.soon();
    this.#tell();
  }

  #forget(): void {
    this.#roster = undefined;
    this.#tasks = new Map();
    this.#unfolded.clear();
  }

  async #look(): Promise<void> {
    const { queue, target } = this.#source;
    if (!queue) return;
    try {
      const { roster, workerTasks } = await load();
      const found = await roster(queue);
      const present = new Set(found.workers.map(({ name }) => name));
      for (const worker of this.#unfolded.keys()) {
        if (!present.has(worker)) this.#unfolded.delete(worker);
      }
      const asks = this.#asks(found.workers.filter(({ kind }) => kind === 'original'));
      const tasks = await workerTasks(queue, asks);
      if (target !== this.#target) return;
      const isNew =
        !isDeepStrictEqual(shown(found), shown(this.#roster)) ||
        !isDeepStrictEqual(tasks, this.#tasks);
      this.#roster = found;
      this.#tasks = tasks;
      if (isNew) this.#tell();
    } catch (error) {
      // The store notices that Redis is away, and looks for it.
      this.#log((error as Error).message);
    }
  }

  /** Those that are unfolded, and originals: only a count tells what these run. */
  #asks(originals: readonly { name: string }[]): WorkerTasksAsk[] {
    const names = new Set([...this.#unfolded.keys(), ...originals.map(({ name }) => name)]);
    return [...names].map(worker => this.#ask(worker));
  }

  #ask(worker: string): WorkerTasksAsk {
    const { running = 0, buffered = 0 } = this.#unfolded.get(worker) ?? {};
    return { worker, running: running * PAGE_SIZE, buffered: buffered * PAGE_SIZE };
  }

  async #read(workers: readonly string[]): Promise<void> {
    const { queue, target } = this.#source;
    if (!queue) return;
    try {
      const { workerTasks } = await load();
      const found = await workerTasks(
        queue,
        workers.map(worker => this.#ask(worker)),
      );
      if (target === this.#target) this.#tasks = new Map([...this.#tasks, ...found]);
    } catch (error) {
      this.#log((error as Error).message);
    }
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** They load ioredis: not before it is needed. */
async function load() {
  const [{ roster }, { workerTasks }] = await Promise.all([
    import('../../queue/workers'),
    import('../../queue/workerTasks'),
  ]);
  return { roster, workerTasks };
}

/** Without what changes at every look and is not shown: the age of a heartbeat that is not late. */
function shown(found: Roster | undefined): unknown {
  if (!found) return undefined;
  const { workers, lost } = found;
  return {
    workers: workers.map(worker => ({ ...worker, heartbeatAgeMs: shownAge(worker) })),
    lost,
  };
}

function shownAge(worker: QueueWorker): number {
  if (workerState(worker) === 'live') return 0;
  return Math.round((worker.heartbeatAgeMs ?? -1_000) / 1_000);
}
