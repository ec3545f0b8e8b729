/**
 * Messages between the dashboard's page and the extension, its host. The page says `ready` and is sent
 * all that it shows; then what changed, at most four times a second and only while it is visible. All
 * sentences come from the host. What the page sends is checked here.
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

export type ToHost =
  | { kind: 'ready'; period: Period }
  | { kind: 'period'; period: Period }
  | { kind: 'act'; action: Action }
  | { kind: 'failure'; action: FailureAction; id: string };

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

export type ToPage =
  | { kind: 'overview'; overview: Overview }
  | { kind: 'failures'; failures: Failures }
  | { kind: 'charts'; charts: Charts }
  /** The last minutes again: they replace what the page has from their beginning on. */
  | { kind: 'latest'; charts: Charts };

/** Undefined for what is no message of the page. */
export function parseToHost(value: unknown): ToHost | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined;
  if (value.kind === 'act') {
    const action = 'action' in value && ACTIONS.find(each => each === value.action);
    return action ? { kind: 'act', action } : undefined;
  }
  if (value.kind === 'failure') return parseFailure(value);
  if (value.kind !== 'ready' && value.kind !== 'period') return undefined;
  const period = 'period' in value && PERIODS.find(each => each === value.period);
  return period ? { kind: value.kind, period } : undefined;
}

function parseFailure(value: object): ToHost | undefined {
  const action = 'action' in value && FAILURE_ACTIONS.find(each => each === value.action);
  const id = 'id' in value && value.id;
  return action && typeof id === 'string' ? { kind: 'failure', action, id } : undefined;
}
