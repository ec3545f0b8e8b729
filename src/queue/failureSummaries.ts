/** Failed tasks by kind, with when and where they failed: what a dashboard shows of them. */
import { type AttemptRecord, parseAttempt } from './attempt';
import type { Queue } from './queue';
import { asArray, asNumber, asString } from './reply';
import { runScript, scripts } from './script';

export interface FailureSummary {
  signature: string;
  /** How many tasks failed so. */
  count: number;
  /** Line of one of them, the newest that is known. */
  sample?: string;
  /** When the newest and the oldest of those that are known failed. ms, Redis time. */
  lastMs?: number;
  firstMs?: number;
  /** Where the newest of them failed, each once. */
  workers: string[];
}

export interface FailureSummaries {
  /** How many kinds there are, those without a summary too. */
  kinds: number;
  /** How many tasks have failed, those of which it is not known how too. */
  failed: number;
  /** The most frequent ones. */
  summaries: FailureSummary[];
}

/** Of so many of its newest tasks a summary tells where they failed. */
const SAMPLE = 5;

/** One call, however many tasks failed. */
export async function failureSummaries(queue: Queue, most: number): Promise<FailureSummaries> {
  const answer = asArray(await runScript(queue, scripts.kinds, [most, SAMPLE]));
  const [kinds, failed, ...rows] = answer;
  const summaries = rows.map(row => summaryOf(asArray(row)));
  return { kinds: asNumber(kinds), failed: asNumber(failed), summaries };
}

function summaryOf([signature, count, oldest, line, ...newest]: unknown[]): FailureSummary {
  const records = newest.flatMap(record => parseAttempt(asString(record)) ?? []);
  const first = parseAttempt(asString(oldest)) ?? records.at(-1);
  const [last] = records;
  return {
    signature: asString(signature),
    count: asNumber(count),
    ...(last ? { sample: asString(line), lastMs: last.end } : {}),
    ...(first ? { firstMs: first.end } : {}),
    workers: workersOf(records),
  };
}

const workersOf = (records: readonly AttemptRecord[]): string[] => [
  ...new Set(records.map(({ worker }) => worker)),
];
