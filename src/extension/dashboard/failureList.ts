/** What the dashboard reads of failures, and when. */
import type { Failures } from '../../protocol';
import type { FailureSummary } from '../../queue/failureSummaries';
import type { Store } from '../store/store';
import { failuresOf, MOST_KINDS } from './failures';
import { LastSent } from './lastSent';
import { opaqueId } from './opaqueId';

/** One may fail while another is retried: then their number says nothing. */
const READ_AGAIN_MS = 5_000;

export class FailureList {
  readonly #sent = new LastSent<Failures>();
  #kinds = new Map<string, FailureSummary>();
  /** How many had failed when the kinds were read, and when that was. */
  #read: { failed: number; at: number } | undefined;

  constructor(private readonly store: Store) {}

  /** The page has nothing, or what it has is of another queue. */
  forget(): void {
    this.#read = undefined;
    this.#sent.forget();
  }

  /** One that the page shows. */
  kind(id: string): FailureSummary | undefined {
    return this.#kinds.get(id);
  }

  /** What is new for the page. Throws when Redis goes away. */
  async next(): Promise<Failures | undefined> {
    const { queue, counts } = this.store;
    if (!queue || !counts) return undefined;
    const { failed } = counts;
    const now = performance.now();
    const { failed: before, at = Number.NEGATIVE_INFINITY } = this.#read ?? {};
    if (before === failed && now - at < READ_AGAIN_MS) return undefined;
    this.#read = { failed, at: now };
    const { failureSummaries } = await import('../../queue/failureSummaries');
    const read = await failureSummaries(queue, MOST_KINDS);
    this.#kinds = new Map(read.summaries.map(summary => [opaqueId(summary.signature), summary]));
    return this.#sent.ifNew(failuresOf(read, this.store.now()));
  }
}
