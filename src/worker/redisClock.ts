/**
 * Redis time between its answers, by this host's monotonic clock: two hosts' clocks are never
 * compared, and a step of the wall clock changes nothing.
 */
export class RedisClock {
  #redisMs = Date.now();
  #at = performance.now();

  set(redisMs: number): void {
    this.#redisMs = redisMs;
    this.#at = performance.now();
  }

  now(): number {
    return Math.round(this.#redisMs + performance.now() - this.#at);
  }
}
