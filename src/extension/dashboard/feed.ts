/**
 * What one page of the dashboard is sent, and when.
 *
 *   closed ──ready──▶ open (all of it, then what changed) ──hidden──▶ idle ──visible──▶ open
 *
 * At most four messages a second, and none while the page is hidden.
 */
import type { Chosen, Overview, Period, Table, Update, View } from '../../protocol';
import type { FailureSummary } from '../../queue/failureSummaries';
import { Pace } from '../store/pace';
import type { Store, Target } from '../store/store';
import { ChartList } from './chartList';
import { FailureList } from './failureList';
import { LastSent } from './lastSent';
import { overviewOf } from './overview';
import { type ChosenTask, TaskTable } from './taskTable';
import type { WorkerItem } from './workerColumns';
import { WorkerTable } from './workerTable';

/** What a dashboard may cost: looks a second, and a look while nothing happens. */
const PACE = { gapMs: 250, idleMs: 5_000 };
/** Heartbeats come every two seconds, and no event tells of them. */
const WORKERS_PACE = { gapMs: 250, idleMs: 2_000 };

export class Feed {
  readonly #store: Store;
  readonly #send: (update: Update) => void;
  readonly #log: (line: string) => void;
  readonly #pace: Pace;
  readonly #subscription: { dispose(): void };
  readonly #overview = new LastSent<Overview>();
  readonly #table = new LastSent<Table>();
  readonly #failures: FailureList;
  readonly #charts: ChartList;
  readonly #workers: WorkerTable;
  readonly #tasks: TaskTable;
  #shown: { period: Period; view: View } | undefined;
  #target: Target | undefined;
  #visible = true;

  constructor(store: Store, send: (update: Update) => void, log: (line: string) => void) {
    this.#store = store;
    this.#send = send;
    this.#log = log;
    this.#failures = new FailureList(store);
    this.#charts = new ChartList(store);
    this.#workers = new WorkerTable(store);
    this.#tasks = new TaskTable(store);
    this.#pace = new Pace(() => this.#look(), PACE);
    this.#subscription = store.onDidChange(() => this.#pace.soon());
  }

  dispose(): void {
    this.#pace.stop();
    this.#subscription.dispose();
  }

  /** A page that has nothing yet. */
  open(period: Period, view: View): void {
    this.#overview.forget();
    this.#table.forget();
    this.#failures.forget();
    this.#charts.showAnew();
    this.#shown = { period, view };
    this.showTab(view);
  }

  showPeriod(period: Period): void {
    if (!this.#shown) return;
    this.#shown = { ...this.#shown, period };
    this.#charts.showAnew();
    this.#pace.soon();
  }

  /** What stands below the charts, and what of it. */
  showTab(view: View): void {
    if (!this.#shown) return;
    // The page keeps a table while it shows another.
    if (view.tab !== this.#shown.view.tab) this.#table.forget();
    this.#shown = { ...this.#shown, view };
    this.#pace.limit(view.tab === 'workers' ? WORKERS_PACE : PACE);
    this.#pace.soon();
  }

  /** Failures of a kind that the page shows, by the id that it knows. */
  kind(id: string): FailureSummary | undefined {
    return this.#failures.kind(id);
  }

  /** What rows of the table on show stand for. */
  chosen(rows: Chosen): (WorkerItem | ChosenTask)[] {
    const isTasks = this.#shown?.view.tab === 'tasks';
    return isTasks ? this.#tasks.chosen(rows) : this.#workers.chosen(rows);
  }

  set visible(visible: boolean) {
    this.#visible = visible;
    if (visible) this.#pace.soon();
  }

  async #look(): Promise<void> {
    const shown = this.#shown;
    if (!this.#visible || !shown) return;
    if (this.#store.target !== this.#target) this.#forgetQueue();
    const update: Update = {};
    try {
      Object.assign(update, await this.#tab(shown.view));
      Object.assign(update, await this.#charts.next(shown.period));
    } catch (error) {
      // The store says so when Redis is away, and tells when it is back.
      this.#log((error as Error).message);
    }
    // What was read is of another queue than is shown by now, which a look is due at.
    if (this.#store.target !== this.#target) return;
    const overview = this.#overview.ifNew(overviewOf(this.#store, this.#charts.run()));
    if (overview) update.overview = overview;
    if (Object.keys(update).length > 0) this.#send(update);
    if (shown.view.tab === 'tasks' && this.#tasks.isSearching) this.#pace.soon();
  }

  /** What is new for the page of what stands below the charts. */
  async #tab(view: View): Promise<Pick<Update, 'failures' | 'table'>> {
    if (view.tab === 'failures') {
      const failures = await this.#failures.next();
      return failures ? { failures } : {};
    }
    const read = view.tab === 'workers' ? this.#workers.next(view) : this.#tasks.next(view);
    const table = await read;
    const isNew = table && this.#table.ifNew(table);
    return isNew ? { table: isNew } : {};
  }

  /** What was read of another queue says nothing of this one. */
  #forgetQueue(): void {
    this.#target = this.#store.target;
    this.#table.forget();
    this.#failures.forget();
    this.#charts.forget();
    this.#workers.forget();
    this.#tasks.forget();
  }
}
