import { LOOKS_TO_LOSE, looksWithoutChange } from './look';
import type { Queue } from './queue';
import { scanHash } from './scan';

/** A worker of the original, by its heartbeats. */
export interface Original {
  worker: string;
  /** False once its heartbeat was found unchanged over five looks. Nobody looks while no worker of ours is there. */
  alive: boolean;
}

/** Ours have a `~` in their names; an original has none. */
export const isOriginal = (worker: string): boolean => !worker.includes('~');

/** The originals that have left a heartbeat on this queue, in no order. */
export async function originals(queue: Queue): Promise<Original[]> {
  const beats = new Map<string, string>();
  for await (const fields of scanHash(queue, queue.keys.status)) {
    for (const { name, value } of fields) if (isOriginal(name)) beats.set(name, value);
  }
  if (beats.size === 0) return [];
  const looks = await queue.redis.hmget(queue.keys.seen, ...beats.keys());
  return [...beats].map(([worker, beat], i) => ({
    worker,
    alive: looksWithoutChange(looks[i], beat) < LOOKS_TO_LOSE,
  }));
}

/** How many of them work on the queue, as far as is known. */
export async function aliveOriginals(queue: Queue): Promise<number> {
  return (await originals(queue)).filter(original => original.alive).length;
}
