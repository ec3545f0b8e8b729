/** Many tasks in no time: a million takes seconds, and to submit them a minute. */
import type { Queue } from '../../src/queue/queue';

/** The task with this number, in one of `buckets` buckets: of 1,000 priorities and as many cores. */
export function taskOf(number: number, buckets: number): string {
  const bucket = number % buckets;
  return `shell:${bucket % 1000}:0:${Math.floor(bucket / 1000)}:echo ${number}`;
}

/** Queues the tasks with these numbers inside Redis, as `submit` would have; something was submitted before. */
export async function enqueue(
  queue: Queue,
  from: number,
  to: number,
  buckets: number,
): Promise<void> {
  const { redis } = queue;
  const script = `
    local generation, buckets = redis.call('GET', KEYS[3]), tonumber(ARGV[3])
    for number = tonumber(ARGV[1]), tonumber(ARGV[2]) - 1 do
      local bucket = number % buckets
      local priority, cores = bucket % 1000, math.floor(bucket / 1000)
      local line = string.format('shell:%d:0:%d:echo %d', priority, cores, number)
      local name = string.format('%d:0:%d', priority, cores)
      redis.call('HSET', KEYS[1], line, generation)
      redis.call('RPUSH', ARGV[4] .. 'ready:' .. name, line)
      redis.call('ZADD', KEYS[2], -priority - 4 * cores / 2 ^ 21, name)
    end`;
  const { todo, ready, generation, prefix } = queue.keys;
  const step = 20_000;
  for (let first = from; first < to; first += step) {
    const end = Math.min(first + step, to);
    await redis.eval(script, 3, todo, ready, generation, first, end, buckets, prefix);
  }
}
