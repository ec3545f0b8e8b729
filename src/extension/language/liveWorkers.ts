/** What the live workers of the connected queue have, followed while somebody wants to know. */
import { isDeepStrictEqual } from 'node:util';
import type { Capacity } from '../../tasks/needs';
import { Pace } from '../store/pace';
import type { Store } from '../store/store';

/** One call to Redis reads them: seldom enough to be no burden, and soon enough for a person who types. */
const LIMITS = { gapMs: 2_000, idleMs: 30_000 };

export class LiveWorkers {
  #capacities: readonly Capacity[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #pace = new Pace(() => this.#look(), LIMITS);
  readonly #subscription: { dispose(): void };

  /** `isWanted`: whether anything is shown that depends on them. */
  constructor(
    private readonly store: Store,
    private readonly isWanted: () => boolean,
  ) {
    this.#subscription = store.onDidChange(() => this.refresh());
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#pace.stop();
  }

  /** Empty while no queue is connected. */
  get capacities(): readonly Capacity[] {
    return this.#capacities;
  }

  onDidChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  refresh(): void {
    if (this.isWanted()) this.#pace.soon();
  }

  async #look(): Promise<void> {
    if (!this.isWanted()) return;
    const found = await this.#read();
    if (!found || isDeepStrictEqual(found, this.#capacities)) return;
    this.#capacities = found;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Undefined: Redis went away meanwhile, which the store notices by itself. */
  async #read(): Promise<Capacity[] | undefined> {
    const { queue } = this.store;
    if (!queue) return [];
    const [{ workers }, { liveCapacities }] = await Promise.all([
      import('../../queue/workers'),
      import('../../queue/capacity'),
    ]);
    try {
      return liveCapacities(await workers(queue));
    } catch {
      return undefined;
    }
  }
}
