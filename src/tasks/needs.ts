/** What a task asks for, what workers have, and the words for a task that none of them can take. */
import { number, visible } from './words';

export interface Needs {
  memoryGb: number;
  cores: number;
}

/** What one worker can give to a task while nothing else runs there. */
export interface Capacity extends Needs {
  name: string;
}

export const fits = (needs: Needs, has: Needs): boolean =>
  needs.memoryGb <= has.memoryGb && needs.cores <= has.cores;

/** What no worker of these has: `memory`, `cores`, or `both` where no one worker has both. */
export function missing(
  needs: Needs,
  workers: readonly Capacity[],
): 'memory' | 'cores' | 'both' | undefined {
  if (workers.length === 0 || workers.some(worker => fits(needs, worker))) return undefined;
  if (!workers.some(({ memoryGb }) => needs.memoryGb <= memoryGb)) return 'memory';
  return workers.some(({ cores }) => needs.cores <= cores) ? 'both' : 'cores';
}

/** `no live worker has 64 GB: the most is 31.2 GB on node7~1`, or undefined where one can take it. */
export function noWorkerHas(needs: Needs, workers: readonly Capacity[]): string | undefined {
  const what = missing(needs, workers);
  if (!what) return undefined;
  const memory = gigabytes(needs.memoryGb);
  const cores = coresOf(needs.cores);
  if (what === 'both') return `no live worker has ${memory} and ${cores}, though some have either`;
  const most = largest(workers, what === 'memory' ? 'memoryGb' : 'cores');
  const has = what === 'memory' ? gigabytes(most.memoryGb) : coresOf(most.cores);
  return `no live worker has ${what === 'memory' ? memory : cores}: the most is ${has} on ${visible(most.name)}`;
}

const largest = (workers: readonly Capacity[], by: 'memoryGb' | 'cores'): Capacity =>
  workers.reduce((most, worker) => (worker[by] > most[by] ? worker : most));

/** Rounded down: what is said to be there is there. */
export const gigabytes = (value: number): string => `${number(Math.floor(value * 10) / 10)} GB`;

export const coresOf = (count: number): string =>
  count === 1 ? '1 core' : `${number(count)} cores`;

/** `4 GB · 2 cores`, or that it asks for nothing. */
export function needsInWords({ memoryGb, cores }: Needs): string {
  const parts = [memoryGb > 0 ? gigabytes(memoryGb) : '', cores > 0 ? coresOf(cores) : ''];
  return parts.filter(Boolean).join(' · ') || 'no memory, no cores';
}
