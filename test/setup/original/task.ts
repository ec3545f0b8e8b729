/** How the original reads a task line, and what of Python shows in what it writes and prints. */

/** The field of `todo_tasks` that ends workers. */
export const CLOSE_FIELD = 'WORKER_COMMAND_CLOSE';

/** Taken by a worker that sees the close field, and run as if it were a task. */
export const CLOSE_LINE = `${CLOSE_FIELD}:0:0:0:${CLOSE_FIELD}`;

/** A field is undefined from the first one on that could not be read: Python's `None`. */
export interface OriginalTask {
  readonly line: string;
  readonly type?: string;
  readonly priority?: number;
  readonly memoryGb?: number;
  readonly cpu?: number;
  readonly command?: string;
}

/** Splits at all colons into exactly five; a line that does not split has no field at all. */
export function readTask(line: string): OriginalTask {
  const fields = line.split(':');
  const [type, priority, memoryGb, cpu, command] = fields;
  if (fields.length !== 5 || type === undefined || command === undefined) return { line };
  const numbers: number[] = [];
  for (const field of [priority, memoryGb, cpu]) {
    // Python's int(): blanks around it, a sign and single underscores are fine.
    if (!/^\s*[+-]?\d+(_\d+)*\s*$/.test(field ?? '')) break;
    numbers.push(Number(field?.replaceAll('_', '')));
  }
  const [first, second, third] = numbers;
  return {
    line,
    type,
    ...(first === undefined ? {} : { priority: first }),
    ...(second === undefined ? {} : { memoryGb: second }),
    ...(third === undefined ? {} : { cpu: third, command }),
  };
}

/** What its manager takes from a file. Its worker is less strict, and knows other types. */
export function isTaken(line: string): boolean {
  const fields = line.split(':');
  const [type = '', priority = '', memoryGb = '', cpu = '', command = ''] = fields;
  return (
    fields.length === 5 &&
    (type === 'shell' || type === 'python') &&
    [priority, memoryGb, cpu].every(number => /^\d+$/.test(number)) &&
    command !== ''
  );
}

export function printTask(task: OriginalTask): string {
  const { type, priority, memoryGb, cpu, command } = task;
  const or = (value: string | number | undefined) => value ?? 'None';
  return (
    `task_type: ${or(type)}, priority: ${or(priority)}, min_dram_gb: ${or(memoryGb)}, ` +
    `require_cpu_core: ${or(cpu)}, task_params: ${or(command)}`
  );
}

/** `json.dumps`: all beyond printable ASCII is escaped. */
export function dumps(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `str.strip()` of ASCII text. */
export function strip(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: to Python the separators are blanks
  return text.replace(/^[\s\x1c-\x1f]+|[\s\x1c-\x1f]+$/g, '');
}

/** @throws with Python's message at the first byte that is no ASCII. */
export function decodeAscii(bytes: Uint8Array): string {
  const at = bytes.findIndex(byte => byte > 127);
  if (at < 0) return Buffer.from(bytes).toString('latin1');
  throw new Error(
    `'ascii' codec can't decode byte 0x${bytes[at]?.toString(16)} in position ${at}: ` +
      'ordinal not in range(128)',
  );
}
