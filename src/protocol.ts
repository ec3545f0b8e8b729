/**
 * Messages between the dashboard's page and the extension, its host. The page says `ready` and is sent
 * all that it shows; then what changed, at most four times a second and only while it is visible. All
 * sentences come from the host. What the page sends is checked here. A table has as many rows as there
 * are; the page asks for those that it shows.
 */

/** Minutes that charts may show. */
export const PERIODS = [5, 15, 60, 360, 1440] as const;
export type Period = (typeof PERIODS)[number];

/** Things that a page may ask for, by the words of the host's commands. */
export const ACTIONS = ['connect'] as const;
export type Action = (typeof ACTIONS)[number];

/** What can be done about failures of one kind. */
export const FAILURE_ACTIONS = ['retry', 'retryWithMemory', 'showOutput'] as const;
export type FailureAction = (typeof FAILURE_ACTIONS)[number];

/** What stands below the charts, one at a time. */
export const TABS = ['failures', 'workers', 'tasks'] as const;
export type Tab = (typeof TABS)[number];

/** In this order they are offered. */
export const TASK_STATES = ['in_progress', 'failed', 'todo', 'finished'] as const;
export type TaskStateName = (typeof TASK_STATES)[number];

/** What can be done about rows of a table. */
export const ROW_ACTIONS = [
  'retry',
  'retryWithMemory',
  'cancel',
  'showOutput',
  'whyWaiting',
  'copy',
  'drain',
  'stop',
  'showLog',
] as const;
export type RowAction = (typeof ROW_ACTIONS)[number];

/** No page shows more rows at once. */
export const MOST_ROWS = 120;
/** More is no text that somebody types. */
const LONGEST_SEARCH = 1_000;

export interface Sort {
  /** Id of a column. */
  column: string;
  descending: boolean;
}

/** The rows of a table that are in sight. */
export interface Window {
  first: number;
  /** At most `MOST_ROWS`. */
  count: number;
  sort?: Sort | undefined;
  /** Somebody points at a row, selects or reads further down: what is shown stays in its place. */
  isHeld: boolean;
}

/** What the page shows below the charts. */
export type View =
  | { tab: 'failures' }
  | ({ tab: 'workers' } & Window)
  | ({ tab: 'tasks' } & TasksShown & Window);

/** Of which state, and with which text in them; empty: all of the state. */
export interface TasksShown {
  state: TaskStateName;
  search: string;
}

/** Rows by their ids, or the first so many: all that were loaded. */
export type Chosen = readonly string[] | { all: number };

export type ToHost =
  | { kind: 'ready'; period: Period; view: View }
  | { kind: 'period'; period: Period }
  | { kind: 'view'; view: View }
  | { kind: 'act'; action: Action }
  | { kind: 'failure'; action: FailureAction; id: string }
  | { kind: 'rows'; action: RowAction; rows: Chosen };

/** What the page says by itself; it comes with the page. `{0}` is what is filled in. */
export interface PageWords {
  /** Of the window, as BCP 47 has it: numbers and times follow it. */
  language: string;
  periods: Record<Period, string>;
  tabs: Record<Tab, string>;
  states: Record<TaskStateName, string>;
  /** Heads of the table of failures. */
  failures: Record<'tasks' | 'how' | 'where' | 'when' | 'example', string>;
  moreMemory: string;
  search: string;
  /** `{0} selected`. */
  selected: string;
  /** For who points at something, or has it read aloud. */
  labels: Record<PageLabel, string>;
}

export type PageLabel =
  | 'period'
  | 'details'
  | 'failures'
  | 'retryWithMemory'
  | 'showOutputOf'
  | 'selectAll'
  | 'sortBy'
  | 'state'
  | 'search';

/** The head of the page. */
export interface Overview {
  /** `default @ node0:6400`. */
  title: string;
  status: { kind: 'live' | 'waiting' | 'problem'; text: string; remedy?: Remedy };
  /** In the order of the bar. Undefined before the first count. */
  segments?: readonly Segment[];
  /** What is known beside the counts: rate, estimated end. */
  sentences: readonly string[];
}

/** A button. */
export interface Remedy {
  action: Action;
  text: string;
}

export interface Segment {
  state: 'finished' | 'in_progress' | 'todo' | 'failed';
  count: number;
  /** `8,110 finished`. */
  text: string;
}

export interface Series {
  label: string;
  /** A colour of the theme. */
  color: 'green' | 'red' | 'blue' | 'foreground';
  /** Null where nothing is known. */
  values: readonly (number | null)[];
}

export interface Chart {
  id: string;
  title: string;
  /** What it shows, in words. */
  sentence: string;
  series: readonly Series[];
}

export interface Charts {
  period: Period;
  /** Beginnings of minutes, in seconds since 1970; the same for all charts. */
  times: readonly number[];
  charts: readonly Chart[];
}

/** Failures of one kind. Texts of others are made visible, and cut, by the host. */
export interface FailureRow {
  /** By which the page names it to the host. */
  id: string;
  /** `3`, and `75 %` of all that failed. */
  count: string;
  share: string;
  /** How they failed. */
  signature: string;
  where: string;
  when: string;
  /** The command of one of them; empty when none is known. */
  sample: string;
  /** What the button says: the exact number stands in it. */
  retry: string;
}

export interface Failures {
  rows: readonly FailureRow[];
  /** What there is besides; empty when the rows are all. */
  sentence: string;
}

export interface Column {
  id: string;
  title: string;
  /** Figures stand at the right. */
  isFigure?: true;
  /** Characters of what mostly stands in it. */
  width: number;
  isSortable: boolean;
}

export interface Row {
  /** By which the page names it to the host. */
  id: string;
  /** A text for each column. Those of others are made visible, and cut, by the host. */
  cells: readonly string[];
  /** `problem`: stands out. `gone`: is not in this table any more. */
  mark?: 'problem' | 'gone';
}

/** What can be done with the rows that are selected. */
export interface Offer {
  action: RowAction;
  text: string;
  /** For several at once it makes no sense. */
  isForOne?: true;
}

/** A part of a table. */
export interface Table {
  tab: 'workers' | 'tasks';
  /** Of a table of tasks: of which. The page may have asked for others since. */
  tasks?: TasksShown;
  columns: readonly Column[];
  sort?: Sort | undefined;
  /** How many rows can be scrolled to; those that are not loaded yet are when they are asked for. */
  length: number;
  /** How many are loaded, and there still: what "all" stands for. */
  loaded: number;
  /** How many there are; undefined: that is not known. */
  total: number | undefined;
  /** Place of the first of `rows`. */
  first: number;
  rows: readonly Row[];
  sentence: string;
  /** What a click on a row does; undefined: it selects. */
  onClick?: RowAction;
  offers: readonly Offer[];
}

/** What is new since the last one. */
export interface Update {
  overview?: Overview;
  failures?: Failures;
  table?: Table;
  charts?: Charts;
  /** The last minutes again: they replace what the page has from their beginning on. */
  latest?: Charts;
}

/** Undefined for what is no message of the page. */
export function parseToHost(value: unknown): ToHost | undefined {
  if (!isObject(value)) return undefined;
  const { kind, id } = value;
  const period = one(PERIODS, value.period);
  switch (kind) {
    case 'ready': {
      const view = parseView(value.view);
      return period && view && { kind, period, view };
    }
    case 'period':
      return period && { kind, period };
    case 'view': {
      const view = parseView(value.view);
      return view && { kind, view };
    }
    case 'act': {
      const action = one(ACTIONS, value.action);
      return action && { kind, action };
    }
    case 'failure': {
      const action = one(FAILURE_ACTIONS, value.action);
      return action && typeof id === 'string' ? { kind, action, id } : undefined;
    }
    case 'rows': {
      const action = one(ROW_ACTIONS, value.action);
      const rows = parseChosen(value.rows);
      return action && rows && { kind, action, rows };
    }
    default:
      return undefined;
  }
}

function parseView(value: unknown): View | undefined {
  if (!isObject(value)) return undefined;
  const tab = one(TABS, value.tab);
  if (tab === 'failures') return { tab };
  const window = parseWindow(value);
  if (!tab || !window) return undefined;
  if (tab === 'workers') return { tab, ...window };
  const state = one(TASK_STATES, value.state);
  const { search } = value;
  if (!state || typeof search !== 'string' || search.length > LONGEST_SEARCH) return undefined;
  return { tab, state, search, ...window };
}

function parseWindow({ first, count, sort, isHeld }: Record<string, unknown>): Window | undefined {
  if (!isPlace(first) || !isPlace(count) || count > MOST_ROWS || typeof isHeld !== 'boolean') {
    return undefined;
  }
  if (sort === undefined) return { first, count, isHeld };
  if (!isObject(sort)) return undefined;
  const { column, descending } = sort;
  if (typeof column !== 'string' || typeof descending !== 'boolean') return undefined;
  return { first, count, isHeld, sort: { column, descending } };
}

function parseChosen(value: unknown): Chosen | undefined {
  if (isObject(value) && isPlace(value.all)) return { all: value.all };
  const isIds = Array.isArray(value) && value.every(id => typeof id === 'string');
  return isIds ? value : undefined;
}

const one = <T>(values: readonly T[], value: unknown): T | undefined =>
  values.find(each => each === value);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const isPlace = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
