/** One connection to one queue, from its opening to its loss: it reads what views show. */
import type { Redis } from 'ioredis';
import { connect, type RedisAddress } from '../queue/connection';
import { type Counts, counts } from '../queue/counts';
import { type PageRow, page } from '../queue/pages';
import { Queue } from '../queue/queue';
import type { TaskState } from '../queue/states';
import { followEvents } from '../queue/watch';
import { PAGE_SIZE, type Rows } from './rows';

/** Pages may be empty where the index was out of date: so many are read in vain before we stop. */
const READS_IN_VAIN = 4;

/** A connection that answers nothing for so long is as good as lost. */
const ANSWER_MS = 10_000;

export class Session {
  /** Resolves when the connection is lost or closed. */
  readonly lost: Promise<void>;
  readonly queue: Queue;
  readonly #redis: Redis;
  readonly #watch: { close(): Promise<void> };
  readonly #clockOffset: number;

  private constructor(redis: Redis, queue: Queue, clockOffset: number, onEvents: () => void) {
    this.#redis = redis;
    this.queue = queue;
    this.#clockOffset = clockOffset;
    this.#watch = followEvents(queue, onEvents);
    this.lost = new Promise(resolve => {
      redis.once('close', () => resolve());
      redis.once('end', () => resolve());
    });
  }

  /** Throws what `connect` throws. `onEvents` is called when the queue changed. */
  static async open(
    address: RedisAddress,
    queueName: string,
    onEvents: () => void,
  ): Promise<Session> {
    const redis = await connect(address, 'distcomp-vscode');
    const [seconds = 0, microseconds = 0] = await redis.time();
    const clockOffset = seconds * 1000 + microseconds / 1000 - performance.now();
    return new Session(redis, new Queue(redis, queueName), clockOffset, onEvents);
  }

  /** Milliseconds on Redis' clock: this machine's own clock is never compared with it. */
  now(): number {
    return performance.now() + this.#clockOffset;
  }

  /** Counts, and so many pages of the states that are followed. Throws when Redis does not answer. */
  async look(
    followed: ReadonlyMap<TaskState, number>,
  ): Promise<{ counts: Counts; rows: Map<TaskState, Rows> }> {
    const pages = [...followed].map(
      async ([state, wanted]) => [state, await this.#read(state, wanted)] as const,
    );
    const [counted, ...rows] = await this.#answer(Promise.all([counts(this.queue), ...pages]));
    return { counts: counted, rows: new Map(rows) };
  }

  /** The first pages of one state. Throws when Redis does not answer. */
  rows(state: TaskState, pages: number): Promise<Rows> {
    return this.#answer(this.#read(state, pages));
  }

  /** Ends both connections without waiting for anything. */
  close(): void {
    this.#redis.disconnect();
    this.#watch.close().catch(() => undefined);
  }

  async #read(state: TaskState, pages: number): Promise<Rows> {
    // A scan may return a line twice; two items with one id would break the tree.
    const rows = new Map<string, PageRow>();
    let ordered = true;
    let cursor: string | undefined;
    for (let reads = 0; rows.size < pages * PAGE_SIZE && reads < pages + READS_IN_VAIN; reads++) {
      const found = await page(this.queue, state, cursor, PAGE_SIZE);
      for (const row of found.rows) if (!rows.has(row.line)) rows.set(row.line, row);
      ordered &&= found.ordered;
      cursor = found.next;
      if (cursor === undefined) break;
    }
    return { rows: [...rows.values()], more: cursor !== undefined, ordered };
  }

  async #answer<T>(question: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      const error = new Error(`Redis has not answered for ${ANSWER_MS / 1000} s.`);
      timer = setTimeout(() => reject(error), ANSWER_MS);
    });
    try {
      return await Promise.race([question, silence]);
    } finally {
      clearTimeout(timer);
    }
  }
}
