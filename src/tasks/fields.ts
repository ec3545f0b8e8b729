/** Where the fields of a task line stand, and what the numbers among them may be. */

export type NumberName = 'priority' | 'memory' | 'min_cpu' | 'timeout';
export type FieldName = 'type' | NumberName | 'command';

export interface NumberField {
  name: NumberName;
  unit: string;
  largest: number;
}

export const PRIORITY: NumberField = { name: 'priority', unit: '', largest: 1_000_000_000 };
export const MEMORY: NumberField = { name: 'memory', unit: 'GB', largest: 1_000_000 };
export const CPU: NumberField = { name: 'min_cpu', unit: 'cores', largest: 100_000 };
/** About 23 days: what one timer of Node can wait for, in milliseconds, with some room. */
export const TIMEOUT: NumberField = { name: 'timeout', unit: 'seconds', largest: 2_000_000 };

/** One field of a line and the column at which it begins, from 1. */
export interface Field {
  text: string;
  column: number;
}

/** Only the first four colons separate: the fifth field is all the rest. */
export function splitFields(line: string): Field[] {
  const fields: Field[] = [];
  let start = 0;
  while (fields.length < 4) {
    const colon = line.indexOf(':', start);
    if (colon < 0) break;
    fields.push({ text: line.slice(start, colon), column: start + 1 });
    start = colon + 1;
  }
  fields.push({ text: line.slice(start), column: start + 1 });
  return fields;
}

/** Digits are a timeout only if a colon follows: `shell:1:0:0:60` runs the command `60`. */
export function splitTimeout(rest: Field): { timeout?: Field; command: Field } {
  const digits = /^([0-9]+):/.exec(rest.text)?.[1];
  if (digits === undefined) return { command: rest };
  const skipped = digits.length + 1;
  return {
    timeout: { text: digits, column: rest.column },
    command: { text: rest.text.slice(skipped), column: rest.column + skipped },
  };
}

const NAMES: readonly FieldName[] = ['type', 'priority', 'memory', 'min_cpu'];

/** The fields that a line has so far, whether or not they are right. */
export function namedFields(line: string): (Field & { name: FieldName })[] {
  const [rest, ...others] = splitFields(line).reverse();
  const fields = others.reverse();
  const named = fields.map((field, index) => ({ ...field, name: NAMES[index] ?? 'command' }));
  if (!rest) return named;
  const name = NAMES[fields.length];
  if (name) return [...named, { ...rest, name }];
  const { timeout, command } = splitTimeout(rest);
  if (timeout) named.push({ ...timeout, name: 'timeout' });
  return [...named, { ...command, name: 'command' }];
}
