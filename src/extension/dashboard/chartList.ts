/** What the dashboard reads for its charts, and of the run that goes on: a day of minutes once, then the last ones. */
import { type Charts, PERIODS, type Period, type Update } from '../../protocol';
import { history, type Minute } from '../../queue/history';
import { runSoFar } from '../../queue/runSoFar';
import type { RunKnown } from '../../tasks/paceWords';
import type { Store } from '../store/store';
import { chartsOf } from './charts';
import { LastSent } from './lastSent';

/** As many as the longest period shows. */
const KEPT_MINUTES = Math.max(...PERIODS);
/** Figures of the minute before the last that is known may have come late. */
const READ_AGAIN_MINUTES = 1;
/** What a minute of a chart tells changes no sooner. */
const GAP_MS = 1_000;

export class ChartList {
  readonly #sent = new LastSent<Charts>();
  /** Up to the last one read; the page shows the last ones. */
  #minutes: readonly Minute[] = [];
  #readAt = Number.NEGATIVE_INFINITY;
  /** Which one of what it was asked for: an answer to an earlier one is late. */
  #asked = 0;

  constructor(private readonly store: Store) {}

  /** The page has nothing, or what it has is of another queue. */
  forget(): void {
    this.#minutes = [];
    this.showAnew();
  }

  /** What the page has is of another time. */
  showAnew(): void {
    this.#asked++;
    this.#readAt = Number.NEGATIVE_INFINITY;
    this.#sent.forget();
  }

  /** What the minutes tell of the run that goes on. */
  run(): RunKnown {
    if (this.#minutes.length === 0) return 'unread';
    return runSoFar(this.#minutes, this.store.now() / 1000) ?? 'new';
  }

  /** What is new for the page. Throws when Redis goes away. */
  async next(period: Period): Promise<Pick<Update, 'charts' | 'latest'>> {
    const { queue } = this.store;
    if (!queue || performance.now() - this.#readAt < GAP_MS) return {};
    const nowSeconds = this.store.now() / 1000;
    const last = Math.floor(nowSeconds / 60);
    const oldest = last - KEPT_MINUTES + 1;
    const newest = this.#minutes.at(-1)?.minute ?? 0;
    const first = Math.max(oldest, newest - READ_AGAIN_MINUTES);
    const asked = this.#asked;
    const read = await history(queue, first, last);
    // Forgotten meanwhile.
    if (asked !== this.#asked) return {};
    this.#readAt = performance.now();
    const kept = this.#minutes.filter(({ minute }) => minute >= oldest && minute < first);
    this.#minutes = [...kept, ...read];
    const shown = this.#minutes.slice(-period);
    const isWhole = this.#sent.isNothing;
    const charts = this.#sent.ifNew(chartsOf(period, shown, nowSeconds));
    if (!charts) return {};
    if (isWhole) return { charts };
    const known = shown.findIndex(({ minute }) => minute >= first);
    return { latest: latestOf(charts, known) };
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
