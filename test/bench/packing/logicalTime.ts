/** Redis under simulated time: what it remembers a time of seems as old as it is by the simulated clock. */
import type { Queue } from '../../../src/queue/queue';
import type { SimulatedClock } from '../../unit/worker/simulation/clock';

/**
 * Of all that the queue has in Redis, only since when buckets wait for room is compared with a time that
 * matters here. It is told anew before each call.
 */
export class LogicalTime {
  /** Simulated time, ms, by the bucket. */
  readonly #blockedAt = new Map<string, number>();

  constructor(
    private readonly queue: Queue,
    private readonly clock: SimulatedClock,
  ) {}

  /** A call to Redis that takes no time by the simulated clock. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    const { redis, keys } = this.queue;
    if (this.#blockedAt.size > 0) {
      const [seconds, microseconds] = (await redis.time()).map(Number);
      const now = (seconds ?? 0) * 1000 + Math.floor((microseconds ?? 0) / 1000);
      const since = [...this.#blockedAt].map(
        ([bucket, at]) => [bucket, Math.round(now - (this.clock.now - at))] as const,
      );
      await redis.hset(keys.blocked, Object.fromEntries(since));
    }
    const answer = await call();
    const blocked = new Set(await redis.hkeys(keys.blocked));
    for (const bucket of this.#blockedAt.keys()) {
      if (!blocked.has(bucket)) this.#blockedAt.delete(bucket);
    }
    for (const bucket of blocked) {
      if (!this.#blockedAt.has(bucket)) this.#blockedAt.set(bucket, this.clock.now);
    }
    return answer;
  }
}
