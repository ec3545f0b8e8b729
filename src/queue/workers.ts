/** The workers of a queue, as they describe themselves and as others see them. */
import { looksWithoutChange } from './look';
import { parseHolder } from './membership';
import type { Queue } from './queue';
import { asArray, asNumber, asString } from './reply';
import { runScript, scripts } from './script';
import { parseWorkerDetails, type ToldDetails } from './workerDetails';
import { compareNames } from './workerWords';

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
  details: ToldDetails;
  /** Of ours: one start of it. */
  instance?: string;
  /** Of ours: those of one machine share its memory and cores. */
  machine?: string;
}

/** A worker of ours that was found lost: what it held went back. */
export interface GoneWorker {
  name: string;
  /** Its last heartbeat, or when it was found lost if it never had one. ms, Redis time. */
  sinceMs: number;
  /** How many tasks went back to the queue, or failed for the third loss. */
  tasks: number;
}

/** Who works on a queue, at one moment. */
export interface Roster {
  /** Redis time, ms. */
  nowMs: number;
  workers: QueueWorker[];
  /** Those of the last day whose names nobody has again. */
  lost: GoneWorker[];
}

/** What its host uses and has. */
export interface WorkerLoad {
  usedCores: number;
  totalCores: number;
  usedGb: number;
  totalGb: number;
}

const DETAILS_BYTES = 16_384;

/** So long a lost worker is news. */
const LOST_FOR_MS = 24 * 3_600_000;

/** All workers by name, originals last, and those that were lost: one call, however many there are. */
export async function roster(queue: Queue): Promise<Roster> {
  const [now, lost, ...rows] = asArray(await runScript(queue, scripts.workers, [DETAILS_BYTES]));
  const nowMs = asNumber(now);
  const all = rows.map(row => parseWorker(asArray(row), nowMs)).sort(byName);
  return { nowMs, workers: all, lost: parseLost(asArray(lost).map(asString), all, nowMs) };
}

/** All workers by name, originals last. */
export const workers = async (queue: Queue): Promise<QueueWorker[]> =>
  (await roster(queue)).workers;

/** Entries are `found:since:tasks:name`, newest first. A name that somebody has again is not lost. */
function parseLost(
  entries: readonly string[],
  present: readonly QueueWorker[],
  nowMs: number,
): GoneWorker[] {
  const known = new Set(present.map(({ name }) => name));
  const lost: GoneWorker[] = [];
  for (const entry of entries) {
    const [, found, since, tasks, name = ''] = /^(\d+):(\d+):(\d+):(.+)$/s.exec(entry) ?? [];
    if (!name || known.has(name) || Number(found) < nowMs - LOST_FOR_MS) continue;
    known.add(name);
    lost.push({ name, sinceMs: Number(since), tasks: Number(tasks) });
  }
  return lost.sort((a, b) => compareNames(a.name, b.name));
}

function byName(a: QueueWorker, b: QueueWorker): number {
  if (a.kind !== b.kind) return a.kind === 'original' ? 1 : -1;
  return compareNames(a.name, b.name);
}

function parseWorker(row: unknown[], nowMs: number): QueueWorker {
  const [name = '', holder = '', details = '', status = '', look = ''] = row
    .slice(0, 5)
    .map(asString);
  const held = parseHolder(holder);
  const told = parseWorkerDetails(details);
  return {
    name,
    kind: holder === '' ? 'original' : 'ours',
    // Asked to through Redis, or by a signal on its host, of which it tells by itself alone.
    draining: row[5] === 1 || told.state === 'draining' || told.state === 'stopping',
    looksWithoutChange: looksWithoutChange(look, status),
    ...parseStatus(status, nowMs),
    details: told,
    ...(held ? { instance: held.instance, machine: held.machine } : {}),
  };
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
