import type { Queue } from './queue';

const WORKERS_A_CALL = 1000;

/** Looks without a change after which a worker is lost; `lua/recover.lua` counts them. */
const LOOKS = 5;

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
  let cursor = '0';
  do {
    const { status } = queue.keys;
    const [next, found] = await queue.redis.hscan(status, cursor, 'COUNT', WORKERS_A_CALL);
    cursor = next;
    for (const [i, worker] of found.entries()) {
      if (i % 2 === 0 && isOriginal(worker)) beats.set(worker, found[i + 1] ?? '');
    }
  } while (cursor !== '0');
  if (beats.size === 0) return [];
  const looks = await queue.redis.hmget(queue.keys.seen, ...beats.keys());
  return [...beats].map(([worker, beat], i) => ({ worker, alive: !isDead(looks[i], beat) }));
}

/** A look is `number of looks without change:when:heartbeat`. */
function isDead(look: string | null | undefined, beat: string): boolean {
  const [, unchanged, seen] = /^(\d+):\d+:(.*)$/s.exec(look ?? '') ?? [];
  return seen === beat && Number(unchanged) >= LOOKS;
}
