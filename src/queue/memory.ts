/** How much memory failed tasks had, and what to try next. */
import { parseTask } from '../tasks/task';
import { details } from './details';
import type { Queue } from './queue';

export interface MemoryOfTasks {
  /** The most that one of them must have so far, by its line or by what was learned; in GB. */
  needGb: number;
  /** The most that one of them was seen to use; undefined if that was never measured. */
  peakGb: number | undefined;
}

/** So many tasks say enough, and more would take long. */
const MOST_LOOKED_AT = 100;
const MB_A_GB = 1024;

/** Of the first hundred of these tasks. */
export async function memoryOfTasks(
  queue: Queue,
  lines: readonly string[],
): Promise<MemoryOfTasks> {
  const some = lines.slice(0, MOST_LOOKED_AT);
  const known = await Promise.all(some.map(line => details(queue, line)));
  const peaks = known.flatMap(({ attempts }) => attempts.flatMap(({ peakMb }) => peakMb ?? []));
  const needs = known.map(({ line, needMemoryGb }) => {
    const parsed = parseTask(line);
    return Math.max(needMemoryGb ?? 0, 'task' in parsed ? parsed.task.memoryGb : 0);
  });
  return {
    needGb: Math.max(0, ...needs),
    peakGb: peaks.length > 0 ? Math.max(...peaks) / MB_A_GB : undefined,
  };
}

/**
 * What to try next, in whole GB: half as much again as what they were seen to use, since a task that was ended
 * for its memory had not reached its peak; and more than what they had.
 */
export function moreMemoryGb({ needGb, peakGb = 0 }: MemoryOfTasks): number {
  return Math.max(Math.ceil(1.5 * peakGb), Math.floor(needGb) + 1);
}
