/** What the queue and its workers did, minute by minute, as `minutes:<minute>` keeps it for 25 hours. */
import type { Queue } from './queue';

export interface Minute {
  /** By Redis time, since 1970. */
  minute: number;
  finished: number;
  failed: number;
  /** As a worker on duty last counted in that minute. Undefined: none did. */
  cluster?: ClusterMinute;
}

/** All live workers together; workers of one machine share its cores and memory. */
export interface ClusterMinute {
  todo: number;
  running: number;
  lanes: number;
  usedCores: number;
  cores: number;
  usedGb: number;
  totalGb: number;
}

const LONGEST_MINUTES = 1500;
const FIELDS = [
  'finished',
  'failed',
  'todo',
  'running',
  'lanes',
  'used_cores',
  'cores',
  'used_gb',
  'gb',
] as const;

/**
 * From the first minute to the last, both included, in one round trip.
 *
 * @throws RangeError for more than 1,500 minutes: older ones are not kept
 */
export async function history(queue: Queue, first: number, last: number): Promise<Minute[]> {
  const count = last - first + 1;
  if (count > LONGEST_MINUTES) throw new RangeError(`${count} minutes are more than are kept`);
  const reads = queue.redis.pipeline();
  for (let minute = first; minute <= last; minute++) {
    reads.hmget(`${queue.keys.prefix}minutes:${minute}`, ...FIELDS);
  }
  const answers = (await reads.exec()) ?? [];
  return answers.map(([error, values], i) => {
    if (error) throw error;
    return minuteOf(first + i, values as (string | null)[]);
  });
}

function minuteOf(minute: number, values: readonly (string | null)[]): Minute {
  const [finished, failed, todo, running, lanes, usedCores, cores, usedGb, totalGb] = values.map(
    value => (value === null ? undefined : Number(value)),
  );
  const counts = { minute, finished: finished ?? 0, failed: failed ?? 0 };
  if (lanes === undefined) return counts;
  const cluster = {
    todo: todo ?? 0,
    running: running ?? 0,
    lanes,
    usedCores: usedCores ?? 0,
    cores: cores ?? 0,
    usedGb: usedGb ?? 0,
    totalGb: totalGb ?? 0,
  };
  return { ...counts, cluster };
}
