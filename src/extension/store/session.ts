/** One connection to one queue, from its opening to its loss: it reads what views show. */
import type { RedisAddress } from '../../queue/address';
import { connect, type RedisConnection } from '../../queue/connection';
import { type Overview, overview } from '../../queue/overview';
import { type PageRow, page, rowsOfLines } from '../../queue/pages';
import { Queue } from '../../queue/queue';
import type { TaskState } from '../../queue/states';
import { serverTime } from '../../queue/time';
import { followEvents } from '../../queue/watch';
import { PAGE_SIZE, type Rows } from './rows';

/** Pages may be empty where the index was out of date: so many are read in vain before we stop. */
const READS_IN_VAIN = 4;

export class Session {
  /** Resolves when the connection is lost or closed. */
  readonly lost: Promise<void>;
  readonly queue: Queue;
  readonly #redis: RedisConnection;
  readonly #watch: { close(): Promise<void> };
  readonly #clockOffset: number;

  private constructor(
    redis: RedisConnection,
    queue: Queue,
    clockOffset: number,
    onEvents: () => void,
  ) {
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
    try {
      const queue = new Queue(redis, queueName);
      const clockOffset = (await serverTime(queue)) - performance.now();
      return new Session(redis, queue, clockOffset, onEvents);
    } catch (error) {
      redis.disconnect();
      throw error;
    }
  }

  /** Milliseconds on Redis' clock: this machine's own clock is never compared with it. */
  now(): number {
    return performance.now() + this.#clockOffset;
  }

  /** What is said of the queue as a whole, and so many pages of the states that are followed. Throws when Redis is away. */
  async look(
    followed: ReadonlyMap<TaskState, number>,
  ): Promise<{ overview: Overview; rows: Map<TaskState, Rows> }> {
    const pages = [...followed].map(
      async ([state, wanted]) => [state, await this.rows(state, wanted)] as const,
    );
    const [seen, ...rows] = await Promise.all([overview(this.queue), ...pages]);
    return { overview: seen, rows: new Map(rows) };
  }

  /** Ends both connections without waiting for anything. */
  close(): void {
    this.#redis.disconnect();
    this.#watch.close().catch(() => undefined);
  }

  /** These tasks, as far as they are in this state. Throws when Redis is away. */
  rowsOf(state: TaskState, lines: readonly string[]): Promise<PageRow[]> {
    return rowsOfLines(this.queue, state, lines);
  }

  /** The first pages of one state. Throws when Redis is away. */
  async rows(state: TaskState, pages: number): Promise<Rows> {
    // A scan may return a line twice; two items with one id would break the tree.
    const rows = new Map<string, PageRow>();
    let orderEnds: number | undefined;
    let cursor: string | undefined;
    for (let reads = 0; rows.size < pages * PAGE_SIZE && reads < pages + READS_IN_VAIN; reads++) {
      const found = await page(this.queue, state, cursor, PAGE_SIZE);
      if (!found.ordered && found.rows.length > 0) orderEnds ??= rows.size;
      for (const row of found.rows) if (!rows.has(row.line)) rows.set(row.line, row);
      cursor = found.next;
      if (cursor === undefined) break;
    }
    const found = [...rows.values()];
    const more = cursor !== undefined;
    if (state !== 'in_progress') return { rows: found, more, orderEnds };
    return { rows: found.sort(longestFirst), more, orderEnds: undefined };
  }
}

/** Redis has no order for them, and items that change places cannot be read: what is buffered last. */
function longestFirst(a: PageRow, b: PageRow): number {
  const { POSITIVE_INFINITY: never } = Number;
  const [started, other] = [a.startedAt ?? never, b.startedAt ?? never];
  if (started !== other) return started - other;
  return a.line < b.line ? -1 : 1;
}
