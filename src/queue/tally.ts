import { details } from './details';
import type { Queue } from './queue';

/** What a queue has counted since it was made or cleared. Nothing that people do lowers them. */
export interface Tally {
  /** Tasks that were added or tried again. */
  submitted: number;
  finished: number;
  /** For good. */
  failed: number;
}

export async function tally({ redis, keys }: Queue): Promise<Tally> {
  const fields = ['submitted', 'retried', 'finished', 'failed'];
  const values = await redis.hmget(keys.stats, ...fields);
  const [submitted = 0, retried = 0, finished = 0, failed = 0] = values.map(Number);
  return { submitted: submitted + retried, finished, failed };
}

/** When a task last ended, as far as it is recorded: milliseconds, Redis time. */
export async function lastEnd(queue: Queue): Promise<number | undefined> {
  const { redis, keys } = queue;
  const newest = await Promise.all(
    [keys.recentFinished, keys.recentFailed].map(list => redis.lindex(list, 0)),
  );
  // An entry is `attempt line`.
  const lines = newest.flatMap(entry => entry?.slice(entry.indexOf(' ') + 1) ?? []);
  const tasks = await Promise.all(lines.map(line => details(queue, line)));
  const ends = tasks.flatMap(({ attempts }) => attempts[0]?.end ?? []);
  return ends.length === 0 ? undefined : Math.max(...ends);
}
