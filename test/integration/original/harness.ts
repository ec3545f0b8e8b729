/** One Redis for a test file, empty before each test, and the state that the original left. */
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { OriginalManager, type OriginalManagerOptions } from '../../setup/original/manager';
import { OriginalWorker, type OriginalWorkerOptions } from '../../setup/original/worker';
import { startRedis, type TestRedis } from '../../setup/redis';

export type State = Record<string, Record<string, string>>;

export class OriginalsUnderTest {
  server: TestRedis | undefined;
  #redis: Redis | undefined;
  readonly #workers: OriginalWorker[] = [];

  get redis(): Redis {
    this.#redis ??= this.server?.client();
    if (!this.#redis) throw new Error('Redis is there once the tests of a file run');
    return this.#redis;
  }

  /** Stopped after the test. */
  worker(name: string, options?: OriginalWorkerOptions): OriginalWorker {
    const worker = new OriginalWorker(this.redis, name, options);
    this.#workers.push(worker);
    return worker;
  }

  manager(options?: OriginalManagerOptions): OriginalManager {
    return new OriginalManager(this.redis, options);
  }

  async addTodo(...lines: string[]): Promise<void> {
    for (const line of lines) await this.redis.hset('todo_tasks', line, '');
  }

  /** Every hash in Redis. */
  async state(): Promise<State> {
    const keys = (await this.redis.keys('*')).sort();
    const hashes = await Promise.all(keys.map(key => this.redis.hgetall(key)));
    return Object.fromEntries(keys.map((key, i) => [key, hashes[i] ?? {}]));
  }

  /** The names of the hashes in which a line stands. */
  async places(line: string): Promise<string[]> {
    return Object.entries(await this.state())
      .filter(([, hash]) => line in hash)
      .map(([key]) => key);
  }

  stopWorkers(): void {
    for (const worker of this.#workers.splice(0)) worker.stop();
  }
}

export function useOriginals(): OriginalsUnderTest {
  const test = new OriginalsUnderTest();
  beforeAll(async () => {
    test.server = await startRedis();
  });
  beforeEach(async () => {
    await test.redis.flushall();
  });
  afterEach(() => test.stopWorkers());
  afterAll(async () => {
    await test.server?.stop();
  });
  return test;
}

/** Steps through a worker's polls until it has claimed this task. */
export async function claim(worker: OriginalWorker, line: string): Promise<void> {
  await worker.main.stepTo('HSET', 'in_progress_tasks', line);
  await worker.main.step();
}

/** A file recorded from a run of the original. */
export function recorded(name: string): string {
  return readFileSync(new URL(`../../fixtures/original/${name}`, import.meta.url), 'utf8');
}

export function recordedState(): State {
  return JSON.parse(recorded('original-redis-state.json'));
}
