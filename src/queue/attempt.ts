/** The record of one attempt, as a worker writes it and everyone reads it. */

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
  /** Ended for writing more than `max_output_bytes`. */
  outputLimit?: true;
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
  const space = entry.indexOf(' ');
  if (space < 1) return undefined;
  try {
    const stored: StoredAttempt = JSON.parse(entry.slice(space + 1));
    return { ...stored, number: Number(entry.slice(0, space)) };
  } catch {
    return undefined;
  }
}

/** What happened in a word or two: `exit 1`, `SIGKILL`, `timeout`, `lost worker`. */
export function outcome(record: StoredAttempt): string {
  if (record.lost) return 'lost worker';
  if (record.timeout) return 'timeout';
  if (record.outputLimit) return 'too much output';
  if (record.signal) return record.signal;
  return record.exit === undefined ? 'never ended' : `exit ${record.exit}`;
}

/** The last line of standard error that says anything, as people see it. */
export function lastErrorLine(record: StoredAttempt): string {
  const lines = (record.err ?? '').split('\n').map(line => line.trim());
  return lines.filter(line => line !== '').at(-1) ?? '';
}

const SIGNATURE_CHARACTERS = 160;

/**
 * A failure's kind: what happened, and the last line of standard error with numbers, paths and hashes
 * folded, so that failures of one cause share one signature.
 */
export function signature(record: StoredAttempt): string {
  const kind = outcome(record);
  if (record.lost || record.timeout) return kind;
  const line = fold(lastErrorLine(record));
  return line === '' ? kind : `${kind}  ${line}`.slice(0, SIGNATURE_CHARACTERS);
}

function fold(line: string): string {
  return line
    .replace(/(?:~|\.{1,2})?(?:\/[\w.@%+-]+){2,}\/?/g, '<path>')
    .replace(/\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,}\b/gi, '<hash>')
    .replace(/\b0x[0-9a-f]+\b/gi, '<n>')
    .replace(/\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi, '<n>');
}
