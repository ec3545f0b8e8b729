/**
 * Scripts answer nested arrays of strings and numbers. These turn them into typed values, and say
 * which answer was wrong instead of failing somewhere later.
 */

export function asArray(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`expected an array from Redis, got ${value}`);
  return value;
}

export function asString(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`expected a string from Redis, got ${value}`);
  return value;
}

export function asNumber(value: unknown): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number)) {
    throw new TypeError(`expected a number from Redis, got ${value}`);
  }
  return number;
}

export function asTruth(value: unknown): boolean {
  if (typeof value !== 'boolean')
    throw new TypeError(`expected true or false from Redis, got ${value}`);
  return value;
}

/** What a script says by name, as JSON. */
export function parseObject(json: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`expected an object from Redis, got ${json}`);
  }
  return { ...value };
}

/** Consecutive groups of `size` strings, as `{a, b, a, b, …}` from a script. */
export function inGroups(values: readonly unknown[], size: number): string[][] {
  const groups: string[][] = [];
  for (let i = 0; i < values.length; i += size) {
    groups.push(values.slice(i, i + size).map(value => String(value)));
  }
  return groups;
}
