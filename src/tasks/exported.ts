/** Tasks as they stand in an exported file: one record a task, the same columns in every format. */

export type ExportFormat = 'csv' | 'jsonl';

/** One task. What is not known of it is missing: an empty field, a null. */
export interface ExportedTask {
  id: string;
  state: 'todo' | 'in_progress' | 'failed' | 'finished';
  /** The whole line. */
  task: string;
  command: string;
  /** Who runs it, finished it, or failed it last. */
  worker?: string | undefined;
  /** Number of its last attempt, of which the columns up to `cpu_seconds` tell. */
  attempt?: number | undefined;
  /** `exit 1`, `SIGKILL`, `timeout`, `cancelled` … */
  outcome?: string | undefined;
  exit?: number | undefined;
  signal?: string | undefined;
  /** ISO 8601, by the clock of Redis. */
  start?: string | undefined;
  end?: string | undefined;
  seconds?: number | undefined;
  peak_mb?: number | undefined;
  cpu_seconds?: number | undefined;
  /** Standard output of a finished task, as far as the queue keeps it. */
  result?: string | undefined;
  /** Standard error of a failed one, as far as the queue keeps it. */
  reason?: string | undefined;
}

export const COLUMNS = [
  ...(['id', 'state', 'task', 'command', 'worker', 'attempt', 'outcome', 'exit'] as const),
  ...(['signal', 'start', 'end', 'seconds', 'peak_mb', 'cpu_seconds', 'result', 'reason'] as const),
] satisfies readonly (keyof ExportedTask)[];

/** What an exported file begins with. */
export const exportHead = (format: ExportFormat): string =>
  format === 'csv' ? csvRecord(COLUMNS) : '';

/** One task in a file, its end of line included. */
export function exportRecord(task: ExportedTask, format: ExportFormat): string {
  const values = COLUMNS.map(column => task[column]);
  if (format === 'csv') return csvRecord(values);
  const named = COLUMNS.map((column, i) => [column, values[i] ?? null] as const);
  return `${JSON.stringify(Object.fromEntries(named))}\n`;
}

/** By the end of a file's name; undefined if it says nothing. */
export function formatOfName(name: string): ExportFormat | undefined {
  if (/\.csv$/i.test(name)) return 'csv';
  return /\.(jsonl|ndjson)$/i.test(name) ? 'jsonl' : undefined;
}

/** As RFC 4180 has it: the data itself is never altered. */
function csvRecord(values: readonly (string | number | undefined)[]): string {
  return `${values.map(csvField).join(',')}\r\n`;
}

function csvField(value: string | number | undefined): string {
  const text = String(value ?? '');
  // Blanks at the ends count, and some readers drop them from a field without quotes.
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
