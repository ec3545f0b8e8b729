/** What the dashboard reads for its charts: all minutes of the time that they show once, then the last ones. */
import type { Charts, Period, Update } from '../../protocol';
import { history, type Minute } from '../../queue/history';
import type { Store } from '../store/store';
import { chartsOf } from './charts';
import { LastSent } from './lastSent';

/** Figures of the minute before the last that is known may have come late. */
const READ_AGAIN_MINUTES = 1;
/** What a minute of a chart tells changes no sooner. */
const GAP_MS = 1_000;

export class ChartList {
  readonly #sent = new LastSent<Charts>();
  /** Those that the page shows, up to the last one read. */
  #minutes: readonly Minute[] = [];
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly store: Store) {}

  /** The page has nothing, or what it has is of another time or queue. */
  forget(): void {
    this.#minutes = [];
    this.#readAt = Number.NEGATIVE_INFINITY;
    this.#sent.forget();
  }

  /** What is new for the page. Throws when Redis goes away. */
  async next(period: Period): Promise<Pick<Update, 'charts' | 'latest'>> {
    const { queue } = this.store;
    if (!queue || performance.now() - this.#readAt < GAP_MS) return {};
    const nowSeconds = this.store.now() / 1000;
    const last = Math.floor(nowSeconds / 60);
    const oldest = last - period + 1;
    const known = this.#minutes.at(-1)?.minute ?? 0;
    const first = Math.max(oldest, known - READ_AGAIN_MINUTES);
    const before = this.#minutes;
    const read = await history(queue, first, last);
    // Forgotten meanwhile.
    if (before !== this.#minutes) return {};
    this.#readAt = performance.now();
    const kept = before.filter(({ minute }) => minute >= oldest && minute < first);
    this.#minutes = [...kept, ...read];
    const isWhole = this.#sent.isNothing;
    const charts = this.#sent.ifNew(chartsOf(period, this.#minutes, nowSeconds));
    if (!charts) return {};
    return isWhole ? { charts } : { latest: latestOf(charts, kept.length) };
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
