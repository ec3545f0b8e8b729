/**
 * How the attempts on a worker ended. Counted are those that ran and were its own to the end: not what was
 * cancelled, given back or found lost meanwhile. Failed are all that did not finish well: by exit code or signal,
 * over their time or their output, or ended since the host was short of memory.
 */
export interface AttemptFigures {
  /** Since the worker started. */
  ended: number;
  failed: number;
  /** Of its last attempts, at most fifty: what it does now, whatever it did before. */
  recent_ended: number;
  recent_failed: number;
  /**
   * How long those of the last took that finished well, and their standard deviation. A failed one says
   * nothing of how fast a host is. Absent for fewer than one, and two.
   */
  mean_ms?: number;
  deviation_ms?: number;
}

/** What a worker tells of itself with each heartbeat, for views, and for peers that share out what is left. */
export interface WorkerDetails extends AttemptFigures {
  pid: number;
  version: string;
  /** `working`, `draining` or `stopping`. */
  state: string;
  lanes: number;
  /** Memory that its host would have for tasks with none running, GB. */
  capacity_gb: number;
  /** Memory that its host has now above what must stay free when a task starts, GB. */
  spare_gb: number;
  /** Promised to the tasks that it runs. */
  promised_gb: number;
  promised_cores: number;
  running: number;
  buffered: number;
  /** Tasks a second. */
  rate: number;
  /** Its optimisations, by their names in `conf.json`. */
  switches: Readonly<Record<string, boolean | number>>;
  /** Why it claims nothing. */
  problem?: string;
}

/** As somebody else reads it: any of it may be missing. */
export type ToldDetails = Partial<WorkerDetails> & Pick<WorkerDetails, 'switches'>;

const AMOUNTS = [
  'pid',
  'lanes',
  'capacity_gb',
  'spare_gb',
  'promised_gb',
  'promised_cores',
  'running',
  'buffered',
  'rate',
  'ended',
  'failed',
  'recent_ended',
  'recent_failed',
  'mean_ms',
  'deviation_ms',
];
const TEXTS = ['version', 'state', 'problem'];
const TEXT_CHARACTERS = 300;
const MOST_SWITCHES = 32;

/** All that can be read of it. Whoever can write to Redis may have written it. */
export function parseWorkerDetails(text: string): ToldDetails {
  const found = readObject(text);
  const numbers = pick(found, AMOUNTS, isAmount);
  const texts = pick(found, TEXTS, isText);
  for (const [key, value] of Object.entries(texts)) texts[key] = value.slice(0, TEXT_CHARACTERS);
  return { ...numbers, ...texts, switches: parseSwitches(found.switches) };
}

function parseSwitches(value: unknown): ToldDetails['switches'] {
  if (!isObject(value)) return {};
  const entries = Object.entries(value).slice(0, MOST_SWITCHES);
  return pick(
    value,
    entries.map(([name]) => name),
    isSwitch,
  );
}

/** Those of the named fields whose values are as they should be. */
function pick<T>(
  from: Record<string, unknown>,
  names: readonly string[],
  fits: (value: unknown) => value is T,
): Record<string, T> {
  const picked: Record<string, T> = {};
  for (const name of names) {
    const value = from[name];
    if (Object.hasOwn(from, name) && name !== '__proto__' && fits(value)) picked[name] = value;
  }
  return picked;
}

function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isAmount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isText = (value: unknown): value is string => typeof value === 'string';
const isSwitch = (value: unknown): value is boolean | number =>
  typeof value === 'boolean' || isAmount(value);
