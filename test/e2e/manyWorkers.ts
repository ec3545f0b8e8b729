/** Two hundred workers that have worked for a while, by what they leave in Redis. */
import type { Queue } from '../../src/queue/queue';
import { Actor } from '../setup/actor';

export const WORKERS = 200;
export const HOSTILE = '<img src=x onerror=alert(1)>\u202e\u001b[31m';

/** w7 is on a broken host, w8 on a slow one, and w150 has a name that somebody else chose. */
export async function manyWorkers(queue: Queue): Promise<void> {
  const actors = await Promise.all(
    [...Array(WORKERS).keys()].map(i => Actor.start(queue, nameOf(i + 1), { lanes: 8 })),
  );
  await Promise.all(actors.map(actor => actor.renew()));
  const [seconds = 0] = await queue.redis.time();
  // Nobody beats for them: their heartbeat is as good as new for an hour.
  const status = `${Number(seconds) + 3600}:2:8:0.8:24`;
  for (const { name } of actors) {
    const details: unknown = JSON.parse((await queue.redis.hget(queue.keys.workers, name)) ?? '');
    const more = {
      ...{ rate: 1.5, recent_ended: 40, recent_failed: name === 'w7~1' ? 36 : 0 },
      ...{ mean_ms: name === 'w8~1' ? 6_000 : 2_000, deviation_ms: 100 },
    };
    const text = JSON.stringify(Object.assign({}, details, more));
    await queue.redis.hset(queue.keys.workers, name, text);
    await queue.redis.hset(queue.keys.status, name, status);
  }
}

const nameOf = (i: number) => (i === 150 ? `w${i}${HOSTILE}~1` : `w${i}~1`);
