/** What must hold of a queue between any two calls, read from all of Redis. */
import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import { parseAttempts } from '../../src/queue/attempt';
import { counts } from '../../src/queue/counts';
import type { Queue } from '../../src/queue/queue';

type Hash = Map<string, string>;

/** Everything in Redis by key, in a form that can be compared: a digest that says what differs. */
export async function snapshot(redis: Redis): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const key of (await redis.keys('*')).sort()) found[key] = await contentOf(redis, key);
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

/** A whole queue as it stands, and what is wrong with it. */
class Reading {
  readonly problems: string[] = [];

  private constructor(
    readonly queue: Queue,
    private readonly hashes: ReadonlyMap<string, Hash>,
    private readonly lists: ReadonlyMap<string, string[]>,
    readonly owned: ReadonlyMap<string, Hash>,
    readonly ready: ReadonlySet<string>,
    readonly retrying: ReadonlySet<string>,
    readonly generation: string | null,
  ) {}

  static async of(queue: Queue): Promise<Reading> {
    const { redis, keys } = queue;
    const hashes = new Map<string, Hash>();
    const lists = new Map<string, string[]>();
    const owned = new Map<string, Hash>();
    for (const key of await redis.keys('*')) {
      const type = await redis.type(key);
      if (type === 'list') lists.set(key, await redis.lrange(key, 0, -1));
      if (type !== 'hash') continue;
      const hash = new Map(Object.entries(await redis.hgetall(key)));
      hashes.set(key, hash);
      const before = `${keys.prefix}owned:`;
      if (key.startsWith(before)) owned.set(key.slice(before.length), hash);
    }
    return new Reading(
      queue,
      hashes,
      lists,
      owned,
      new Set(await redis.zrange(keys.ready, 0, '-1')),
      new Set(await redis.smembers(keys.retrying)),
      await redis.get(keys.generation),
    );
  }

  hash(key: string): Hash {
    return this.hashes.get(key) ?? new Map();
  }

  list(key: string): string[] {
    return this.lists.get(key) ?? [];
  }

  listsUnder(prefix: string): [string, string[]][] {
    return [...this.lists].filter(([key]) => key.startsWith(prefix));
  }

  /** Shared hash and ours as one, the stop field left out. */
  union(shared: string, own: string): Hash {
    const all = new Map([...this.hash(shared), ...this.hash(own)]);
    for (const line of all.keys()) if (line.startsWith('WORKER_COMMAND_CLOSE')) all.delete(line);
    return all;
  }

  check(holds: boolean, problem: string): void {
    if (!holds) this.problems.push(problem);
  }
}

interface Tasks {
  todo: Hash;
  inProgress: Hash;
  finished: Hash;
  failed: Hash;
}

/**
 * Reads all of Redis and throws with everything that is wrong.
 *
 * @param submitted every line that was ever submitted and not cleared
 */
export async function checkInvariants(queue: Queue, submitted: readonly string[]): Promise<void> {
  const reading = await Reading.of(queue);
  const { keys } = queue;
  const tasks: Tasks = {
    todo: reading.union(keys.todo, keys.ownTodo),
    inProgress: reading.union(keys.inProgress, keys.ownInProgress),
    finished: reading.hash(keys.finished),
    failed: reading.union(keys.failed, keys.ownFailed),
  };
  checkStates(reading, tasks, submitted);
  checkHomes(reading);
  checkOwnership(reading, tasks);
  checkRetrying(reading, tasks);
  checkIndex(reading, tasks);
  checkHistory(reading, tasks);
  checkStatus(reading);
  await checkCounts(reading, tasks);
  expect(reading.problems).toEqual([]);
}

function checkStates(reading: Reading, tasks: Tasks, submitted: readonly string[]): void {
  const { todo, inProgress, finished, failed } = tasks;
  const everywhere = new Set(
    [todo, inProgress, finished, failed].flatMap(hash => [...hash.keys()]),
  );
  for (const line of submitted) reading.check(everywhere.has(line), `in no state: ${line}`);
  const known = new Set(submitted);
  for (const line of everywhere) {
    reading.check(known.has(line), `never submitted: ${line}`);
    const states = [todo, inProgress, finished].filter(hash => hash.has(line)).length;
    reading.check(states <= 1, `in ${states} states: ${line}`);
    reading.check(!(finished.has(line) && failed.has(line)), `finished and failed: ${line}`);
  }
}

/** Lines with other than four colons are never where the original looks. */
function checkHomes(reading: Reading): void {
  const { keys } = reading.queue;
  const colons = (line: string) => line.split(':').length - 1;
  for (const key of [keys.todo, keys.inProgress, keys.failed]) {
    for (const line of reading.hash(key).keys()) {
      const fits = colons(line) === 4 || line.startsWith('WORKER_COMMAND_CLOSE');
      reading.check(fits, `the original would stop at, in ${key}: ${line}`);
    }
  }
  for (const key of [keys.ownTodo, keys.ownInProgress, keys.ownFailed]) {
    for (const line of reading.hash(key).keys()) {
      reading.check(colons(line) !== 4, `the original should see, in ${key}: ${line}`);
    }
  }
}

function checkOwnership(reading: Reading, tasks: Tasks): void {
  const { keys } = reading.queue;
  const claims = reading.hash(keys.claims);
  const registered = new Set(
    [...reading.hash(keys.registry).values()].map(holder => holder.split(' ')[0]),
  );
  for (const [line, worker] of tasks.inProgress) {
    if (!worker.includes('~')) continue;
    const token = claims.get(line) ?? 'no claim';
    const [, instance = '', seq] = /^(.*):(\d+)$/.exec(token) ?? [];
    const entry = reading.owned.get(instance)?.get(line);
    reading.check(
      entry?.split(':')[0] === seq && entry !== undefined,
      `in progress with ${worker}, ${token}, owned entry ${entry}: ${line}`,
    );
  }
  for (const [instance, entries] of reading.owned) {
    reading.check(registered.has(instance), `owned by ${instance}, whom nobody looks for`);
    for (const [line, entry] of entries) {
      reading.check(/^\d+:\d+$/.test(entry), `owned entry ${entry}: ${line}`);
      const token = `${instance}:${entry.split(':')[0]}`;
      const claim = claims.get(line);
      reading.check(claim === token, `owned with ${token}, claimed with ${claim}: ${line}`);
    }
  }
  for (const [line, token] of claims) {
    const worker = tasks.inProgress.get(line);
    const ours = worker?.includes('~') === true;
    reading.check(ours, `claimed with ${token}, in progress with ${worker}: ${line}`);
  }
}

function checkRetrying(reading: Reading, { todo, inProgress, failed }: Tasks): void {
  for (const line of failed.keys()) {
    const again = todo.has(line) || inProgress.has(line);
    reading.check(reading.retrying.has(line) === again, `retrying is not ${again}: ${line}`);
  }
  for (const line of reading.retrying) {
    reading.check(failed.has(line), `retrying and never failed: ${line}`);
  }
}

function checkIndex(reading: Reading, { todo }: Tasks): void {
  const { prefix } = reading.queue.keys;
  const before = `${prefix}ready:`;
  const indexed = new Set<string>();
  for (const [key, lines] of reading.listsUnder(before)) {
    const bucket = key.slice(before.length);
    reading.check(reading.ready.has(bucket), `a bucket that ready does not name: ${bucket}`);
    if (reading.ready.has(bucket)) for (const line of lines) indexed.add(line);
  }
  for (const [line, mark] of todo) {
    if (mark !== reading.generation) continue;
    reading.check(indexed.has(line), `marked as indexed, in no bucket: ${line}`);
  }
}

function checkHistory(reading: Reading, tasks: Tasks): void {
  const { keys } = reading.queue;
  const attempts = reading.hash(keys.attempts);
  const last = new Map<string, number>();
  for (const [line, text] of attempts) {
    const numbers = parseAttempts(text).map(record => record.number);
    const expected = numbers.map((_, i) => i + 1);
    reading.check(numbers.join() === expected.join(), `attempts ${numbers}: ${line}`);
    last.set(line, numbers.length);
  }
  const final = new Set([...tasks.failed.keys()].filter(line => !reading.retrying.has(line)));
  checkRecent(reading, keys.recentFinished, line => tasks.finished.has(line), last);
  checkRecent(reading, keys.recentFailed, line => final.has(line), last);
  for (const key of [keys.losses, keys.notBefore]) {
    for (const line of reading.hash(key).keys()) {
      const byUs = tasks.finished.get(line)?.split(': ')[0]?.includes('~') === true;
      reading.check(!byUs, `finished, and still in ${key}: ${line}`);
    }
  }
}

function checkRecent(
  reading: Reading,
  key: string,
  inState: (line: string) => boolean,
  last: ReadonlyMap<string, number>,
): void {
  const valid = new Set<string>();
  for (const entry of reading.list(key)) {
    const [, number, line = ''] = /^(\d+) (.*)$/s.exec(entry) ?? [];
    reading.check(number !== undefined, `an entry of ${key} that is none: ${entry}`);
    if (!inState(line) || Number(number) !== last.get(line)) continue;
    reading.check(!valid.has(line), `twice valid in ${key}: ${line}`);
    valid.add(line);
  }
}

/** The original reads it: `unix_seconds:used_cores:total_cores:used_gb:total_gb`. */
function checkStatus(reading: Reading): void {
  for (const [worker, status] of reading.hash(reading.queue.keys.status)) {
    const fits = /^\d+(:\d+(\.\d+)?){4}$/.test(status);
    reading.check(fits, `worker_status of ${worker} is ${status}`);
  }
}

async function checkCounts(reading: Reading, tasks: Tasks): Promise<void> {
  const { todo, inProgress, finished, failed } = tasks;
  const again = [...failed.keys()].filter(line => todo.has(line) || inProgress.has(line));
  const fields = [...reading.hash(reading.queue.keys.todo).keys()];
  const read = {
    todo: todo.size,
    waitingForRetry: again.length,
    inProgress: inProgress.size,
    failed: failed.size - again.length,
    finished: finished.size,
    workers: reading.hash(reading.queue.keys.registry).size,
    closed: fields.some(field => field.startsWith('WORKER_COMMAND_CLOSE')),
  };
  const counted = await counts(reading.queue);
  reading.check(
    JSON.stringify(counted) === JSON.stringify(read),
    `counts ${JSON.stringify(counted)}, read ${JSON.stringify(read)}`,
  );
}
