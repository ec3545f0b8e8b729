/** The workers of a queue, as they describe themselves and as others see them. */
import { parseHolder } from './membership';
import type { Queue } from './queue';
import { asArray, asNumber, asString } from './reply';
import { runScript, scripts } from './script';

export interface QueueWorker {
  name: string;
  /** Originals know nothing of pausing, draining and details. */
  kind: 'ours' | 'original';
  /** It has been asked to finish what runs and end. */
  draining: boolean;
  /** Age of its heartbeat, by Redis time. Undefined before its first one. */
  heartbeatAgeMs?: number;
  /** Looks at its heartbeat in a row that found no change; after five it is lost. */
  looksWithoutChange: number;
  load?: WorkerLoad;
  details: WorkerDetails;
  /** Of ours: one start of it. */
  instance?: string;
}

/** What its host uses and has. */
export interface WorkerLoad {
  usedCores: number;
  totalCores: number;
  usedGb: number;
  totalGb: number;
}

/** What a worker says of itself with its heartbeat. Others may have written it: all of it is checked. */
export interface WorkerDetails {
  pid?: number;
  version?: string;
  lanes?: number;
  running?: number;
  buffered?: number;
  /** Tasks a second. */
  rate?: number;
  /** Why it claims nothing. */
  problem?: string;
  /** Its optimisations. */
  switches: Readonly<Record<string, boolean | number>>;
}

const DETAILS_BYTES = 16_384;
const TEXT_CHARACTERS = 300;
const MOST_SWITCHES = 32;

/** All workers by name, originals last. */
export async function workers(queue: Queue): Promise<QueueWorker[]> {
  const [now, ...rows] = asArray(await runScript(queue, scripts.workers, [DETAILS_BYTES]));
  const nowMs = asNumber(now);
  return rows.map(row => parseWorker(asArray(row), nowMs)).sort(byName);
}

function byName(a: QueueWorker, b: QueueWorker): number {
  if (a.kind !== b.kind) return a.kind === 'original' ? 1 : -1;
  return a.name.localeCompare(b.name, 'en', { numeric: true });
}

function parseWorker(row: unknown[], nowMs: number): QueueWorker {
  const [name = '', holder = '', details = '', status = '', look = ''] = row
    .slice(0, 5)
    .map(asString);
  const instance = parseHolder(holder)?.instance;
  return {
    name,
    kind: holder === '' ? 'original' : 'ours',
    draining: row[5] === 1,
    looksWithoutChange: looksAt(status, look),
    ...parseStatus(status, nowMs),
    details: parseDetails(details),
    ...(instance === undefined ? {} : { instance }),
  };
}

/** A look is `looks without change:when:heartbeat`; it says nothing of a later heartbeat. */
function looksAt(status: string, look: string): number {
  const [, looks, seen] = /^(\d+):\d+:(.*)$/s.exec(look) ?? [];
  return seen === status ? Number(looks) : 0;
}

/** `unix_seconds:used_cores:total_cores:used_gb:total_gb`. */
function parseStatus(status: string, nowMs: number): Pick<QueueWorker, 'heartbeatAgeMs' | 'load'> {
  const numbers = status.split(':').map(text => (text === '' ? Number.NaN : Number(text)));
  const [seconds, usedCores, totalCores, usedGb, totalGb] = numbers;
  if (seconds === undefined || !Number.isFinite(seconds)) return {};
  const heartbeatAgeMs = Math.max(0, nowMs - seconds * 1000);
  if (
    numbers.some(value => !Number.isFinite(value)) ||
    usedCores === undefined ||
    totalCores === undefined ||
    usedGb === undefined ||
    totalGb === undefined
  ) {
    return { heartbeatAgeMs };
  }
  return { heartbeatAgeMs, load: { usedCores, totalCores, usedGb, totalGb } };
}

function parseDetails(text: string): WorkerDetails {
  const found = parseObject(text);
  const numbers = pick(found, ['pid', 'lanes', 'running', 'buffered', 'rate'], isAmount);
  const texts = pick(found, ['version', 'problem'], isText);
  for (const [key, value] of Object.entries(texts)) texts[key] = value.slice(0, TEXT_CHARACTERS);
  return { ...numbers, ...texts, switches: parseSwitches(found.switches) };
}

function parseSwitches(value: unknown): WorkerDetails['switches'] {
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

function parseObject(text: string): Record<string, unknown> {
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
