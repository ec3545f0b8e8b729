/** The workers of a queue, as they describe themselves and as others see them. */
import { looksWithoutChange } from './look';
import { parseHolder } from './membership';
import type { Queue } from './queue';
import { asArray, asNumber, asString } from './reply';
import { runScript, scripts } from './script';
import { parseWorkerDetails, type ToldDetails } from './workerDetails';

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
}

/** What its host uses and has. */
export interface WorkerLoad {
  usedCores: number;
  totalCores: number;
  usedGb: number;
  totalGb: number;
}

const DETAILS_BYTES = 16_384;

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
    looksWithoutChange: looksWithoutChange(look, status),
    ...parseStatus(status, nowMs),
    details: parseWorkerDetails(details),
    ...(instance === undefined ? {} : { instance }),
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
