/** The queues of one Redis. */
import { ClusterConnection } from './clusterConnection';
import type { RedisConnection } from './connection';
import { type Counts, counts } from './counts';
import { DEFAULT_QUEUE, isQueueName, QUEUE_NAMES_KEY } from './keys';
import { Queue } from './queue';

export interface CountedQueue {
  name: string;
  counts: Counts;
}

const NAMES_A_STEP = 1000;

/** By name; the default queue is always among them, and first, except on a Redis Cluster, which has none. */
export async function queueNames(redis: RedisConnection): Promise<string[]> {
  const names = new Set<string>();
  let cursor = '0';
  do {
    const [next, some] = await redis.sscan(QUEUE_NAMES_KEY, cursor, 'COUNT', NAMES_A_STEP);
    cursor = next;
    for (const name of some) if (isQueueName(name)) names.add(name);
  } while (cursor !== '0');
  names.delete(DEFAULT_QUEUE);
  const named = [...names].sort();
  return redis instanceof ClusterConnection ? named : [DEFAULT_QUEUE, ...named];
}

/** All queues with how many tasks of each state they have. */
export async function queues(redis: RedisConnection): Promise<CountedQueue[]> {
  const names = await queueNames(redis);
  return Promise.all(
    names.map(async name => ({ name, counts: await counts(new Queue(redis, name)) })),
  );
}
