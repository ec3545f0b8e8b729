/** The record of one attempt, as a worker writes it and everyone reads it. */
import { withoutTerminalSequences } from '../tasks/terminalText';

export interface AttemptRecord {
  number: number;
  worker: string;
  /** Milliseconds, Redis time. */
  start: number;
  end: number;
  exit?: number;
  /** `SIGKILL` and so on. */
  signal?: string;
  timeout?: true;
  /** Its worker was lost while it ran. */
  lost?: true;
  /** Someone cancelled the task while it ran. */
  cancelled?: true;
  /** Ended for writing more than `max_output_bytes`. */
  outputLimit?: true;
  /** Ended since its host ran out of memory. */
  memory?: true;
  peakMb?: number;
  cpuSeconds?: number;
  /** Ends of standard output and error, at most 2 KiB each. */
  out?: string;
  err?: string;
  /** Full output on the worker's host, without `.out` and `.err`. */
  path?: string;
}

/** What is stored of an attempt: its number is given by the script that appends it. */
export type StoredAttempt = Omit<AttemptRecord, 'number'>;

/** Records as they stand in `attempts`, oldest first. One that cannot be read is left out. */
export function parseAttempts(text: string): AttemptRecord[] {
  const records: AttemptRecord[] = [];
  for (const entry of text.split('\n')) {
    const record = parseAttempt(entry);
    if (record) records.push(record);
  }
  return records;
}

/** One record: its number, a space, a JSON object. */
export function parseAttempt(entry: string): AttemptRecord | undefined {
  const [, number, json = ''] = /^(\d+) (\{.*\})$/.exec(entry) ?? [];
  try {
    const stored: StoredAttempt = JSON.parse(json);
    return typeof stored.worker === 'string' ? { ...stored, number: Number(number) } : undefined;
  } catch {
    return undefined;
  }
}

/** What happened in a word or two: `exit 1`, `SIGKILL`, `timeout`, `lost worker`, `cancelled`. */
export function outcome(record: StoredAttempt): string {
  if (record.lost) return 'lost worker';
  if (record.cancelled) return CANCELLED;
  if (record.timeout) return 'timeout';
  if (record.outputLimit) return 'too much output';
  if (record.memory) return 'memory';
  if (record.signal) return record.signal;
  return record.exit === undefined ? 'never ended' : `exit ${record.exit}`;
}

/** The reason that `lua/cancel.lua` writes. */
export const CANCELLED = 'cancelled';

/**
 * Whether a failure is that somebody cancelled the task. One that waited is cancelled without an attempt:
 * the last one was another matter.
 */
export function wasCancelled(last: StoredAttempt | undefined, reason: string | undefined): boolean {
  return reason === CANCELLED && (last?.err ?? '').trim() !== CANCELLED;
}

/** The last line of standard error that says anything, as people see it. */
export function lastErrorLine(record: StoredAttempt): string {
  const text = withoutTerminalSequences(record.err ?? '').replaceAll('\t', ' ');
  const lines = text.split(/[\r\n]+/).map(line => line.replace(/\p{Cc}/gu, '').trim());
  return lines.filter(line => line !== '').at(-1) ?? '';
}

const SIGNATURE_CHARACTERS = 160;
/** More of a line says nothing more about its kind. */
const FOLDED_CHARACTERS = 1000;

/**
 * A failure's kind: what happened, and the last line of standard error with numbers, paths and hashes
 * folded, so that failures of one cause share one signature.
 */
export function signature(record: StoredAttempt): string {
  const kind = outcome(record);
  const { lost, cancelled, timeout, outputLimit, memory } = record;
  if (lost || cancelled || timeout || outputLimit || memory) return kind;
  const line = fold(lastErrorLine(record).slice(0, FOLDED_CHARACTERS));
  if (line === '') return kind;
  return `${kind}  ${line}`.slice(0, SIGNATURE_CHARACTERS).replace(/\p{Cs}$/u, '');
}

/** What differs between failures of one cause, and what stands for it. The order matters. */
const FOLDS: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z\d+.-]*:\/\/[^\s'"<>]+/gi, '<url>'],
  [/\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/gi, '<id>'],
  [/\b[a-z]:\\[^\s'"<>|:]+/gi, '<path>'],
  // From a root, or with two slashes: `and/or` is none.
  [
    /(?:(?<![\w/])(?:~|\.{1,2})?(?:\/[\w.@%+=-]+)+|\b[\w.@%+=-]+(?:\/[\w.@%+=-]+){2,})\/?/g,
    '<path>',
  ],
  // Of letters alone only when it is long: `defaced` is a word.
  [/\b(?:(?=[a-f]*\d)(?=\d*[a-f])[\da-f]{7,}|[\da-f]{32,})\b/gi, '<hash>'],
  [/\b0x[\da-f]+\b/gi, '<n>'],
  [/(?:(?<![\w.)\]>])[+-])?\d+(?:\.\d+)*(?:e[+-]?\d+)?/gi, '<n>'],
];

function fold(line: string): string {
  return FOLDS.reduce((text, [pattern, name]) => text.replace(pattern, name), line);
}
