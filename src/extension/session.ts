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

  /** Counts, and so many pages of the states that are followed. Throws when Redis is away. */
  async look(
    followed: ReadonlyMap<TaskState, number>,
  ): Promise<{ counts: Counts; rows: Map<TaskState, Rows> }> {
    const pages = [...followed].map(
      async ([state, wanted]) => [state, await this.rows(state, wanted)] as const,
    );
    const [counted, ...rows] = await Promise.all([counts(this.queue), ...pages]);
    return { counts: counted, rows: new Map(rows) };
  }

  /** Ends both connections without waiting for anything. */
  close(): void {
    this.#redis.disconnect();
    this.#watch.close().catch(() => undefined);
  }

  /** The first pages of one state. Throws when Redis is away. */
  async rows(state: TaskState, pages: number): Promise<Rows> {
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
    const found = [...rows.values()];
    if (state === 'in_progress') found.sort(longestFirst);
    return { rows: found, more: cursor !== undefined, ordered };
  }
}

/** Redis has no order for them, and items that change places cannot be read: what is buffered last. */
function longestFirst(a: PageRow, b: PageRow): number {
  const { POSITIVE_INFINITY: never } = Number;
  const [started, other] = [a.startedAt ?? never, b.startedAt ?? never];
  if (started !== other) return started - other;
  return a.line < b.line ? -1 : 1;
}
