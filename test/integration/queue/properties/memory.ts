/** All of a Redis, kept and put back: as if it had been killed and had come back with its last save. */
import type { RedisConnection } from '../../../../src/queue/connection';

export type Memory = readonly { key: string; dump: Buffer; ttlMs: number }[];

export async function memorize(redis: RedisConnection): Promise<Memory> {
  const keys = await redis.keys('*');
  const kept = keys.map(async key => {
    const [dump, ttlMs] = await Promise.all([redis.dumpBuffer(key), redis.pttl(key)]);
    return dump ? [{ key, dump, ttlMs: Math.max(0, ttlMs) }] : [];
  });
  return (await Promise.all(kept)).flat();
}

export async function remember(redis: RedisConnection, memory: Memory): Promise<void> {
  const { length } = await Promise.all([
    redis.flushall(),
    ...memory.map(({ key, dump, ttlMs }) => redis.restore(key, ttlMs, dump)),
  ]);
  if (length !== memory.length + 1) throw new Error('not all keys came back');
}
