/**
 * What one page of the dashboard is sent, and when.
 *
 *   closed ──ready──▶ open (all of it, then what changed) ──hidden──▶ idle ──visible──▶ open
 *
 * At most four messages a second, and none while the page is hidden.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Charts, Failures, Overview, Period, ToPage } from '../../protocol';
import type { FailureSummary } from '../../queue/failureSummaries';
import { history, type Minute } from '../../queue/history';
import { Pace } from '../store/pace';
import type { Store, Target } from '../store/store';
import { chartsOf } from './charts';
import { failuresOf, kindId, MOST_KINDS } from './failures';
import { overviewOf } from './overview';

/** What a dashboard may cost: looks a second, and a look while nothing happens. */
const PACE = { gapMs: 500, idleMs: 5_000 };
/** Figures of the minute before the last that is known may have come late. */
const READ_AGAIN_MINUTES = 1;

export class Feed {
  readonly #store: Store;
  readonly #send: (message: ToPage) => void;
  readonly #log: (line: string) => void;
  readonly #pace: Pace;
  readonly #subscription: { dispose(): void };
  #period: Period | undefined;
  #target: Target | undefined;
  #visible = true;
  #sentOverview: Overview | undefined;
  /** Those that the page shows, up to the last one read. */
  #minutes: readonly Minute[] = [];
  #sentCharts: Charts | undefined;
  #kinds = new Map<string, FailureSummary>();
  #sentFailures: Failures | undefined;
  /** How many had failed when the kinds were read, and when that was. */
  #failuresRead: { failed: number; at: number } | undefined;

  constructor(store: Store, send: (message: ToPage) => void, log: (line: string) => void) {
    this.#store = store;
    this.#send = send;
    this.#log = log;
    this.#pace = new Pace(() => this.#look(), PACE);
    this.#subscription = store.onDidChange(() => this.#pace.soon());
  }

  dispose(): void {
    this.#pace.stop();
    this.#subscription.dispose();
  }

  /** A page that has nothing yet. */
  open(period: Period): void {
    this.#sentOverview = undefined;
    this.#sentFailures = undefined;
    this.#failuresRead = undefined;
    this.show(period);
  }

  /** One that the page shows, by the id that it knows. */
  kind(id: string): FailureSummary | undefined {
    return this.#kinds.get(id);
  }

  show(period: Period): void {
    this.#period = period;
    this.#forgetMinutes();
    this.#pace.soon();
  }

  set visible(visible: boolean) {
    this.#visible = visible;
    if (visible) this.#pace.soon();
  }

  async #look(): Promise<void> {
    const period = this.#period;
    if (!this.#visible || period === undefined) return;
    if (this.#store.target !== this.#target) this.#forgetQueue();
    this.#sendOverview();
    try {
      await this.#sendFailures();
      await this.#sendCharts(period);
    } catch (error) {
      // The store says so when Redis is away, and tells when it is back.
      this.#log((error as Error).message);
    }
  }

  /** What was read of another queue says nothing of this one. */
  #forgetQueue(): void {
    this.#target = this.#store.target;
    this.#failuresRead = undefined;
    this.#forgetMinutes();
  }

  #forgetMinutes(): void {
    this.#minutes = [];
    this.#sentCharts = undefined;
  }

  #sendOverview(): void {
    const overview = overviewOf(this.#store);
    if (isDeepStrictEqual(overview, this.#sentOverview)) return;
    this.#sentOverview = overview;
    this.#send({ kind: 'overview', overview });
  }

  /** Read again when another number has failed, and now and then since one may fail while another is retried. */
  async #sendFailures(): Promise<void> {
    const { queue, counts } = this.#store;
    if (!queue || !counts) return;
    const { failed } = counts;
    const now = performance.now();
    const { failed: before, at = Number.NEGATIVE_INFINITY } = this.#failuresRead ?? {};
    if (before === failed && now - at < PACE.idleMs) return;
    this.#failuresRead = { failed, at: now };
    const { failureSummaries } = await import('../../queue/failureSummaries');
    const read = await failureSummaries(queue, MOST_KINDS);
    this.#kinds = new Map(read.summaries.map(summary => [kindId(summary.signature), summary]));
    const failures = failuresOf(read, failed, this.#store.now());
    if (isDeepStrictEqual(failures, this.#sentFailures)) return;
    this.#sentFailures = failures;
    this.#send({ kind: 'failures', failures });
  }

  async #sendCharts(period: Period): Promise<void> {
    const { queue } = this.#store;
    if (!queue) return;
    const nowSeconds = this.#store.now() / 1000;
    const last = Math.floor(nowSeconds / 60);
    const oldest = last - period + 1;
    const known = this.#minutes.at(-1)?.minute ?? 0;
    const first = Math.max(oldest, known - READ_AGAIN_MINUTES);
    const read = await history(queue, first, last);
    if (this.#period !== period) return;
    const kept = this.#minutes.filter(({ minute }) => minute >= oldest && minute < first);
    this.#minutes = [...kept, ...read];
    const charts = chartsOf(period, this.#minutes, nowSeconds);
    if (isDeepStrictEqual(charts, this.#sentCharts)) return;
    const isWhole = this.#sentCharts === undefined;
    this.#sentCharts = charts;
    this.#send(
      isWhole
        ? { kind: 'charts', charts }
        : { kind: 'latest', charts: latestOf(charts, kept.length) },
    );
  }
}

/** Without the first so many minutes. */
function latestOf(charts: Charts, known: number): Charts {
  return {
    ...charts,
    times: charts.times.slice(known),
    charts: charts.charts.map(chart => ({
      ...chart,
      series: chart.series.map(series => ({ ...series, values: series.values.slice(known) })),
    })),
  };
}
