/** Waiting for heartbeats of a real worker. */
import type { Redis } from 'ioredis';
import { until } from './until';

/** Until it has told twice more how it is: what it was to do before that it has done, or never will. */
export async function twoBeats(redis: Redis, slot = 1): Promise<void> {
  const status = async () => {
    const all = Object.entries(await redis.hgetall('worker_status'));
    return all.find(([worker]) => worker.endsWith(`~${slot}`))?.[1];
  };
  for (let beat = 0; beat < 2; beat++) {
    const before = await status();
    const isNew = async () => ((await status()) ?? before) !== before;
    await until(isNew, { describe: `a heartbeat of worker ${slot}` });
  }
}
