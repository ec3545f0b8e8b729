/** What must hold of a queue between any two calls, read from all of Redis. */
import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import { type AttemptRecord, parseAttempts } from '../../src/queue/attempt';
import { type Counts, counts } from '../../src/queue/counts';
import type { QueueKeys } from '../../src/queue/keys';
import type { Queue } from '../../src/queue/queue';

type Hash = Map<string, string>;

/**
 * Everything in Redis by key, in a form that can be compared: a digest that says what differs. Whose turn it is to
 * look after the queue is left out: that passes by itself.
 */
export async function snapshot(redis: Redis): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  const keys = (await redis.keys('*')).filter(key => !key.endsWith(':duty')).sort();
  for (const key of keys) found[key] = await contentOf(redis, key);
  return found;
}

async function contentOf(redis: Redis, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'hash':
      return await redis.hgetall(key);
    case 'list':
      return await redis.lrange(key, 0, -1);
    case 'set':
      return (await redis.smembers(key)).sort();
    case 'zset':
      return await redis.zrange(key, 0, '-1', 'WITHSCORES');
    case 'stream':
      return await redis.xrange(key, '-', '+');
    default:
      return await redis.get(key);
  }
}

export interface Problem {
  readonly kind:
    | 'no state'
    | 'unknown'
    | 'two states'
    | 'home'
    | 'ownership'
    | 'retrying'
    | 'index'
    | 'history'
    | 'status'
    | 'counts';
  readonly text: string;
  /** The line that it is about, if it is about one. */
  readonly line?: string;
}

const HASHES = [
  'todo',
  'inProgress',
  'finished',
  'failed',
  'status',
  'ownTodo',
  'ownInProgress',
  'ownFailed',
  'notBefore',
  'claims',
  'attempts',
  'losses',
  'registry',
  'limits',
] as const;
const LISTS = ['recentFinished', 'recentFailed'] as const;

/** All of a queue that invariants speak of, read in two round trips. */
export class Reading {
  readonly todo: Hash;
  readonly inProgress: Hash;
  readonly finished: Hash;
  readonly failed: Hash;

  private constructor(
    readonly keys: QueueKeys,
    private readonly hashes: ReadonlyMap<string, Hash>,
    private readonly lists: ReadonlyMap<string, string[]>,
    /** By instance. */
    readonly owned: ReadonlyMap<string, Hash>,
    /** Lines by bucket. */
    readonly buckets: ReadonlyMap<string, string[]>,
    readonly ready: ReadonlySet<string>,
    readonly retrying: ReadonlySet<string>,
    readonly generation: string | undefined,
    readonly counted: Counts,
  ) {
    this.todo = this.#union(keys.todo, keys.ownTodo);
    this.inProgress = this.#union(keys.inProgress, keys.ownInProgress);
    this.finished = this.hash(keys.finished);
    this.failed = this.#union(keys.failed, keys.ownFailed);
  }

  static async of(queue: Queue): Promise<Reading> {
    const { redis, keys } = queue;
    const [hashes, lists, ready, retrying, generation, ownedKeys, bucketKeys] = await Promise.all([
      readAll(
        HASHES,
        role => keys[role],
        async key => toHash(await redis.hgetall(key)),
      ),
      readAll(
        LISTS,
        role => keys[role],
        key => redis.lrange(key, 0, -1),
      ),
      redis.zrange(keys.ready, 0, '-1'),
      redis.smembers(keys.retrying),
      redis.get(keys.generation),
      redis.keys(`${keys.prefix}owned:*`),
      redis.keys(`${keys.prefix}ready:*`),
    ]);
    const after = (prefix: string) => (key: string) =>
      key.slice(keys.prefix.length + prefix.length);
    const [owned, buckets, counted] = await Promise.all([
      readAll(
        ownedKeys,
        key => key,
        async key => toHash(await redis.hgetall(key)),
      ),
      readAll(
        bucketKeys,
        key => key,
        key => redis.lrange(key, 0, -1),
      ),
      counts(queue),
    ]);
    return new Reading(
      keys,
      hashes,
      lists,
      renamed(owned, after('owned:')),
      renamed(buckets, after('ready:')),
      new Set(ready),
      new Set(retrying),
      generation ?? undefined,
      counted,
    );
  }

  hash(key: string): Hash {
    return this.hashes.get(key) ?? new Map();
  }

  list(key: string): string[] {
    return this.lists.get(key) ?? [];
  }

  /** In any of the four states. */
  stands(line: string): boolean {
    const { todo, inProgress, finished, failed } = this;
    return [todo, inProgress, finished, failed].some(hash => hash.has(line));
  }

  attempts(line: string): AttemptRecord[] {
    return parseAttempts(this.hash(this.keys.attempts).get(line) ?? '');
  }

  /** Shared hash and ours as one, the stop field left out. */
  #union(shared: string, own: string): Hash {
    const all = new Map([...this.hash(shared), ...this.hash(own)]);
    for (const line of all.keys()) if (line.startsWith('WORKER_COMMAND_CLOSE')) all.delete(line);
    return all;
  }
}

function toHash(fields: Record<string, string>): Hash {
  return new Map(Object.entries(fields));
}

async function readAll<T, V>(
  things: readonly T[],
  keyOf: (thing: T) => string,
  read: (key: string) => Promise<V>,
): Promise<Map<string, V>> {
  const pairs = things.map(async (thing): Promise<[string, V]> => {
    const key = keyOf(thing);
    return [key, await read(key)];
  });
  return new Map(await Promise.all(pairs));
}

function renamed<V>(map: ReadonlyMap<string, V>, name: (key: string) => string): Map<string, V> {
  return new Map([...map].map(([key, value]) => [name(key), value]));
}

/**
 * Reads all of a queue and throws with everything that is wrong.
 *
 * @param submitted every line that was ever submitted and not cleared
 */
export async function checkInvariants(queue: Queue, submitted: readonly string[]): Promise<void> {
  const found = problemsOf(await Reading.of(queue), submitted);
  expect(found.map(({ text }) => text)).toEqual([]);
}

/** Everything that is wrong with a queue. */
export function problemsOf(reading: Reading, submitted: Iterable<string>): Problem[] {
  const problems: Problem[] = [];
  const check: Check = (holds, kind, text, line) => {
    if (holds) return;
    problems.push(line === undefined ? { kind, text } : { kind, text: `${text}: ${line}`, line });
  };
  checkStates(reading, new Set(submitted), check);
  checkHomes(reading, check);
  checkOwnership(reading, check);
  checkRetrying(reading, check);
  checkIndex(reading, check);
  checkHistory(reading, check);
  checkStatus(reading, check);
  checkCounts(reading, check);
  return problems;
}

type Check = (holds: boolean, kind: Problem['kind'], text: string, line?: string) => void;

function checkStates(reading: Reading, submitted: ReadonlySet<string>, check: Check): void {
  const { todo, inProgress, finished, failed } = reading;
  const everywhere = new Set(
    [todo, inProgress, finished, failed].flatMap(hash => [...hash.keys()]),
  );
  for (const line of submitted) check(everywhere.has(line), 'no state', 'in no state', line);
  for (const line of everywhere) {
    check(submitted.has(line), 'unknown', 'never submitted', line);
    const states = [todo, inProgress, finished].filter(hash => hash.has(line)).length;
    check(states <= 1, 'two states', `in ${states} states`, line);
    const both = finished.has(line) && failed.has(line);
    check(!both, 'two states', 'finished and failed', line);
  }
}

/** Lines with other than four colons are never where the original looks. */
function checkHomes(reading: Reading, check: Check): void {
  const { keys } = reading;
  const colons = (line: string) => line.split(':').length - 1;
  for (const key of [keys.todo, keys.inProgress, keys.failed]) {
    for (const line of reading.hash(key).keys()) {
      const fits = colons(line) === 4 || line.startsWith('WORKER_COMMAND_CLOSE');
      check(fits, 'home', `the original would stop at, in ${key}`, line);
    }
  }
  for (const key of [keys.ownTodo, keys.ownInProgress, keys.ownFailed]) {
    for (const line of reading.hash(key).keys()) {
      check(colons(line) !== 4, 'home', `the original should see, in ${key}`, line);
    }
  }
}

function checkOwnership(reading: Reading, check: Check): void {
  const { keys, inProgress } = reading;
  const claims = reading.hash(keys.claims);
  const registered = new Set(
    [...reading.hash(keys.registry).values()].map(holder => holder.split(' ')[0]),
  );
  for (const [line, worker] of inProgress) {
    if (!worker.includes('~')) continue;
    const token = claims.get(line) ?? 'no claim';
    const [, instance = '', seq] = /^(.*):(\d+)$/.exec(token) ?? [];
    const entry = reading.owned.get(instance)?.get(line);
    const fits = entry !== undefined && entry.split(':')[0] === seq;
    check(fits, 'ownership', `in progress with ${worker}, ${token}, owned entry ${entry}`, line);
  }
  for (const [instance, entries] of reading.owned) {
    check(registered.has(instance), 'ownership', `owned by ${instance}, whom nobody looks for`);
    for (const [line, entry] of entries) {
      check(/^\d+:\d+$/.test(entry), 'ownership', `owned entry ${entry}`, line);
      const token = `${instance}:${entry.split(':')[0]}`;
      const claim = claims.get(line);
      check(claim === token, 'ownership', `owned with ${token}, claimed with ${claim}`, line);
    }
  }
  for (const [line, token] of claims) {
    const worker = inProgress.get(line);
    const ours = worker?.includes('~') === true;
    check(ours, 'ownership', `claimed with ${token}, in progress with ${worker}`, line);
  }
}

function checkRetrying(reading: Reading, check: Check): void {
  const { todo, inProgress, failed, retrying } = reading;
  for (const line of failed.keys()) {
    const again = todo.has(line) || inProgress.has(line);
    check(retrying.has(line) === again, 'retrying', `retrying is not ${again}`, line);
  }
  for (const line of retrying) {
    check(failed.has(line), 'retrying', 'retrying and never failed', line);
  }
}

function checkIndex(reading: Reading, check: Check): void {
  const indexed = new Set<string>();
  for (const [bucket, lines] of reading.buckets) {
    const named = reading.ready.has(bucket);
    check(named, 'index', `a bucket that ready does not name: ${bucket}`);
    if (named) for (const line of lines) indexed.add(line);
  }
  for (const [line, mark] of reading.todo) {
    if (mark !== reading.generation) continue;
    check(indexed.has(line), 'index', 'marked as indexed, in no bucket', line);
  }
}

function checkHistory(reading: Reading, check: Check): void {
  const { keys, finished, failed, retrying } = reading;
  const last = new Map<string, number>();
  for (const line of reading.hash(keys.attempts).keys()) {
    const numbers = reading.attempts(line).map(record => record.number);
    const expected = numbers.map((_, i) => i + 1);
    check(numbers.join() === expected.join(), 'history', `attempts ${numbers}`, line);
    last.set(line, numbers.length);
  }
  const final = new Set([...failed.keys()].filter(line => !retrying.has(line)));
  checkRecent(reading.list(keys.recentFinished), line => finished.has(line), last, check);
  checkRecent(reading.list(keys.recentFailed), line => final.has(line), last, check);
  for (const key of [keys.losses, keys.notBefore]) {
    for (const line of reading.hash(key).keys()) {
      const byUs = finished.get(line)?.split(': ')[0]?.includes('~') === true;
      check(!byUs, 'history', `finished, and still in ${key}`, line);
    }
  }
}

function checkRecent(
  entries: readonly string[],
  inState: (line: string) => boolean,
  last: ReadonlyMap<string, number>,
  check: Check,
): void {
  const valid = new Set<string>();
  for (const entry of entries) {
    const [, number, line = ''] = /^(\d+) (.*)$/s.exec(entry) ?? [];
    check(number !== undefined, 'history', `a recent entry that is none: ${entry}`);
    if (!inState(line) || Number(number) !== last.get(line)) continue;
    check(!valid.has(line), 'history', 'twice among the recent ones', line);
    valid.add(line);
  }
}

/** The original reads it: `unix_seconds:used_cores:total_cores:used_gb:total_gb`. */
function checkStatus(reading: Reading, check: Check): void {
  for (const [worker, status] of reading.hash(reading.keys.status)) {
    const fits = /^\d+(:\d+(\.\d+)?){4}$/.test(status);
    check(fits, 'status', `worker_status of ${worker} is ${status}`);
  }
}

function checkCounts(reading: Reading, check: Check): void {
  const { keys, todo, inProgress, finished, failed, counted } = reading;
  const again = [...failed.keys()].filter(line => todo.has(line) || inProgress.has(line));
  const fields = [...reading.hash(keys.todo).keys()];
  const read: Partial<Counts> = {
    todo: todo.size,
    waitingForRetry: again.length,
    inProgress: inProgress.size,
    failed: failed.size - again.length,
    finished: finished.size,
    workers: reading.hash(keys.registry).size,
    closed: fields.some(field => field.startsWith('WORKER_COMMAND_CLOSE')),
  };
  const same = Object.entries(read).every(([name, value]) => Reflect.get(counted, name) === value);
  check(same, 'counts', `counts ${JSON.stringify(counted)}, read ${JSON.stringify(read)}`);
}
