/** All of a Redis in one moment, kept and put back: there, as of its last save; elsewhere, to be read at leisure. */
import type { RedisConnection } from '../../src/queue/connection';

export type Memory = readonly { key: string; dump: Buffer; ttlMs: number }[];

const MEMORIZE = `
local found = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  for _, value in ipairs({ key, redis.call('DUMP', key), math.max(0, redis.call('PTTL', key)) }) do
    found[#found + 1] = value
  end
end
return found`;

/** One call, so nothing changes meanwhile. */
export async function memorize(redis: RedisConnection): Promise<Memory> {
  const found = await redis.callBuffer('EVAL', MEMORIZE, '0');
  const values: readonly (Buffer | number)[] = Array.isArray(found) ? found : [];
  return Array.from({ length: values.length / 3 }, (_, i) => {
    const [key, dump, ttlMs] = values.slice(3 * i, 3 * i + 3);
    if (!Buffer.isBuffer(dump)) throw new Error(`no dump of ${String(key)}`);
    return { key: String(key), dump, ttlMs: Number(ttlMs) };
  });
}

/** One transaction, so nobody finds it half done, or writes in between. */
export async function remember(redis: RedisConnection, memory: Memory): Promise<void> {
  const transaction = redis.multi().flushall();
  for (const { key, dump, ttlMs } of memory) transaction.restore(key, ttlMs, dump);
  const answers = (await transaction.exec()) ?? [];
  const [failed] = answers.flatMap(([error]) => error ?? []);
  if (failed || answers.length !== memory.length + 1) {
    throw new Error('not all keys came back', { cause: failed });
  }
}
