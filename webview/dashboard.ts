/**
 * The dashboard's page. It shows what its host sends and asks it for what a person wants: nothing is
 * decided here. It imports `src/protocol.ts` and nothing else of the extension.
 */
import { PERIODS, type Period, TABS, type Tab, type Update, type View } from '../src/protocol';
import { ChartsPart } from './charts';
import { chooser } from './chooser';
import { element } from './element';
import { FailuresPart } from './failures';
import { onUpdate, savedState, saveState, send } from './host';
import { OverviewPart } from './overview';
import { TablePart } from './table';
import { tabs } from './tabs';
import { TasksPart } from './tasks';
import { registerComponents } from './toolkit';
import { words } from './words';

class Page {
  readonly #overview = new OverviewPart();
  readonly #charts = new ChartsPart();
  readonly #failures = new FailuresPart();
  readonly #workers = new TablePart('workers', words.tabs.workers, [], () => this.#ask());
  readonly #tasks: TasksPart;
  #period: Period;
  #tab: Tab;
  #title = '';

  constructor() {
    const { period, tab, state, search, sort } = savedState();
    this.#period = period;
    this.#tab = tab;
    this.#tasks = new TasksPart({ state, search }, () => this.#ask());
    this.#workers.reset(sort.workers);
    this.#tasks.table.reset(sort.tasks);
  }

  start(): void {
    const periods = PERIODS.map(period => [String(period), words.periods[period]] as const);
    const period = chooser(words.labels.period, periods, String(this.#period), chosen => {
      this.#period = PERIODS.find(each => String(each) === chosen) ?? this.#period;
      this.#save();
      send({ kind: 'period', period: this.#period });
    });
    const roots: Record<Tab, HTMLElement> = {
      failures: this.#failures.root,
      workers: this.#workers.root,
      tasks: this.#tasks.table.root,
    };
    const parts = TABS.map(tab => ({ tab, title: words.tabs[tab], root: roots[tab] }));
    document.getElementById('dashboard')?.append(
      this.#overview.root,
      element('div', { class: 'controls' }, period),
      this.#charts.root,
      tabs(parts, this.#tab, tab => {
        this.#tab = tab;
        this.#ask();
      }),
    );
    onUpdate(update => this.#show(update));
    send({ kind: 'ready', period: this.#period, view: this.#view });
  }

  get #view(): View {
    const tab = this.#tab;
    if (tab === 'failures') return { tab };
    if (tab === 'workers') return { tab, ...this.#workers.window };
    return { tab, ...this.#tasks.shown, ...this.#tasks.table.window };
  }

  #ask(): void {
    this.#save();
    send({ kind: 'view', view: this.#view });
  }

  #save(): void {
    const { sort: workers } = this.#workers.window;
    const { sort: tasks } = this.#tasks.table.window;
    const { state, search } = this.#tasks.shown;
    saveState({ period: this.#period, tab: this.#tab, state, search, sort: { workers, tasks } });
  }

  #show({ overview, failures, table, charts, latest }: Update): void {
    if (overview) {
      if (this.#title !== '' && this.#title !== overview.title) this.#forgetQueue();
      this.#title = overview.title;
      this.#overview.show(overview);
    }
    if (failures) this.#failures.show(failures);
    if (table?.tab === 'workers') this.#workers.show(table);
    if (table?.tab === 'tasks') this.#tasks.show(table);
    if (charts?.period === this.#period) this.#charts.show(charts);
    if (latest?.period === this.#period) this.#charts.extend(latest);
  }

  /** All that is shown and selected is of the queue before. */
  #forgetQueue(): void {
    this.#charts.forget();
    this.#failures.forget();
    this.#workers.reset(this.#workers.window.sort);
    this.#tasks.table.reset(this.#tasks.table.window.sort);
  }
}

registerComponents();
new Page().start();
