/** The round trips that the original makes, each with what it answers. */
import type { Steps } from './strand';

export function* hlen(key: string): Steps<number> {
  return Number(yield ['HLEN', key]);
}

export function* hget(key: string, field: string): Steps<string | null> {
  const value = yield ['HGET', key, field];
  return typeof value === 'string' ? value : null;
}

/** Answers how many fields were added: 1, or 0 if the field was there. */
export function* hset(key: string, field: string, value: string): Steps<number> {
  return Number(yield ['HSET', key, field, value]);
}

/** Answers how many fields were removed. */
export function* hdel(key: string, field: string): Steps<number> {
  return Number(yield ['HDEL', key, field]);
}

export function* hgetall(key: string): Steps<Map<string, string>> {
  return pairs(yield ['HGETALL', key]);
}

export function* hkeys(key: string): Steps<string[]> {
  return texts(yield ['HKEYS', key]);
}

export function* hvals(key: string): Steps<string[]> {
  return texts(yield ['HVALS', key]);
}

/** `count` different fields by chance. */
export function* hrandfield(key: string, count: number): Steps<Map<string, string>> {
  return pairs(yield ['HRANDFIELD', key, String(count), 'WITHVALUES']);
}

/** A whole hash in as many round trips as HSCAN takes. A field may come twice. */
export function* hscan(key: string): Steps<[string, string][]> {
  const found: [string, string][] = [];
  let cursor = '0';
  do {
    const [next, fields]: unknown[] = Object(yield ['HSCAN', key, cursor]);
    found.push(...pairs(fields));
    cursor = String(next);
  } while (cursor !== '0');
  return found;
}

function texts(reply: unknown): string[] {
  if (!Array.isArray(reply)) throw new Error(`Redis answered no list: ${String(reply)}`);
  return reply.flat().map(String);
}

function pairs(reply: unknown): Map<string, string> {
  const flat = texts(reply);
  return new Map(flat.flatMap((field, i) => (i % 2 ? [] : [[field, flat[i + 1] ?? '']])));
}
