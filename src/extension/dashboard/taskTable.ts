/**
 * The dashboard's table of tasks. At its top it is what the queue says now; further down, or while
 * somebody points at a row, it stands still, and what is no more in that state is marked.
 */
import type { Chosen, Row, Sort, Table, View } from '../../protocol';
import type { PageRow } from '../../queue/pages';
import type { Store } from '../store/store';
import type { TaskNode } from '../tree/nodes';
import { LoadedTasks } from './loadedTasks';
import { opaqueId } from './opaqueId';
import { Arrangement, type ColumnOf, cellsOf, described, sorted, sortOf } from './sorting';
import { taskColumns } from './taskColumns';
import { loadedWords, offersOf } from './taskWords';

type TaskView = Extract<View, { tab: 'tasks' }>;
export type ChosenTask = Pick<TaskNode, 'kind' | 'queue' | 'state' | 'row'>;

/** So many are read to be sorted by something that Redis does not sort by. */
const MOST_SORTED = 1_000;
/** Rows behind those that are shown, so that one can go on. */
const AHEAD = 100;
/** Ids of rows that were shown: whoever selects more does it by "all". */
const MOST_IDS = 20_000;

export class TaskTable {
  #tasks: LoadedTasks | undefined;
  readonly #arrangement = new Arrangement();
  readonly #lines = new Map<string, string>();

  constructor(private readonly store: Store) {}

  /** What was read is of another queue. */
  forget(): void {
    this.#tasks = undefined;
    this.#arrangement.forget();
    this.#lines.clear();
  }

  /** Whether there is more to be found without anything that happens. */
  get isSearching(): boolean {
    return this.#tasks?.isSearching ?? false;
  }

  /** Those that rows stand for. */
  chosen(rows: Chosen): ChosenTask[] {
    const tasks = this.#tasks;
    if (!tasks) return [];
    const lines =
      'all' in rows
        ? this.#thereOf(tasks).slice(0, rows.all)
        : rows.flatMap(id => this.#lines.get(id) ?? []);
    const { queue, state } = tasks;
    return lines.map(line => ({ kind: 'task', queue: queue.name, state, row: { line } }));
  }

  /** Undefined while Redis is away. Throws when it goes away. */
  async next(view: TaskView): Promise<Table | undefined> {
    const { queue, counts } = this.store;
    if (!queue || !counts) return undefined;
    const { isHeld } = view;
    const { tasks, isFresh } = this.#tasksFor(view, queue);
    const columns = taskColumns(view.state, this.store.now());
    const sort = sortOf(columns, view.sort);
    await tasks.load(Math.max(sort ? MOST_SORTED : 0, view.first + view.count + AHEAD));
    if (sort && view.search !== '') await tasks.readAgain(tasks.lines.slice(0, MOST_SORTED));
    const shown = this.#arrangement.arrange(linesOf(tasks, columns, sort), sort, isHeld);
    const lines = shown.slice(view.first, view.first + view.count);
    if (!isFresh) await tasks.readAgain(lines);
    const isCut = lines.some(line => columns.some(column => column.isCut?.(tasks.row(line))));
    const words = loadedWords({ tasks, counts, sort, columns, isHeld, isCut });
    return {
      tab: 'tasks',
      tasks: { state: view.state, search: view.search },
      columns: described(columns),
      sort,
      length: shown.length + (tasks.isComplete || view.search !== '' ? 0 : AHEAD),
      loaded: this.#thereOf(tasks).length,
      total: words.total,
      first: view.first,
      rows: lines.map(line => this.#row(tasks, line, columns)),
      sentence: words.sentence,
      ...offersOf(view.state),
    };
  }

  /** As they stand. */
  #thereOf(tasks: LoadedTasks): string[] {
    return this.#arrangement.rows.filter(line => !tasks.isGone(line));
  }

  #tasksFor(
    { state, search, isHeld }: TaskView,
    queue: LoadedTasks['queue'],
  ): { tasks: LoadedTasks; isFresh: boolean } {
    const before = this.#tasks;
    const isSame = before?.queue === queue && before.state === state && before.text === search;
    if (!isSame) this.forget();
    // What a search found is found; the top of a list is another one every moment.
    if (isSame && (isHeld || search !== '')) return { tasks: before, isFresh: false };
    this.#tasks = new LoadedTasks(queue, state, search);
    return { tasks: this.#tasks, isFresh: search === '' };
  }

  #row(tasks: LoadedTasks, line: string, columns: readonly ColumnOf<PageRow>[]): Row {
    const id = opaqueId(line);
    this.#remember(id, line);
    const cells = cellsOf(columns, tasks.row(line));
    return { id, cells, ...(tasks.isGone(line) ? { mark: 'gone' } : {}) };
  }

  #remember(id: string, line: string): void {
    this.#lines.delete(id);
    this.#lines.set(id, line);
    for (const oldest of this.#lines.keys()) {
      if (this.#lines.size <= MOST_IDS) break;
      this.#lines.delete(oldest);
    }
  }
}

function linesOf(
  tasks: LoadedTasks,
  columns: readonly ColumnOf<PageRow>[],
  sort: Sort | undefined,
): string[] {
  if (!sort) return [...tasks.lines];
  const first = tasks.lines.slice(0, MOST_SORTED).map(line => tasks.row(line));
  return [
    ...sorted(first, columns, sort).map(({ line }) => line),
    ...tasks.lines.slice(MOST_SORTED),
  ];
}
