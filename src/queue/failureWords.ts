/** What is said of failures of one kind, the same wherever they are shown. Pure. */
import { clockTime, visible } from '../tasks/words';
import type { FailureSummary } from './failureSummaries';

const MOST_WORKERS = 3;

/** `14:02–14:09`, or one time where there is no other. `nowMs`: Redis time. */
export function whenFailed({ firstMs, lastMs }: FailureSummary, nowMs: number): string {
  if (lastMs === undefined) return '';
  const last = clockTime(lastMs, nowMs);
  const first = clockTime(Math.min(firstMs ?? lastMs, lastMs), nowMs);
  return first === last ? last : `${first}–${last}`;
}

/** `node4~1, node7~1 and others`. */
export function whereFailed({ workers }: FailureSummary): string {
  const named = workers.slice(0, MOST_WORKERS).map(visible).join(', ');
  return workers.length > MOST_WORKERS ? `${named} and others` : named;
}

/** `75 %` of all failed tasks; what is more than none and less than one is `under 1 %`. */
export function shareOf(count: number, failed: number): string {
  if (failed <= 0) return '';
  const percent = Math.min(100, (100 * count) / failed);
  return percent > 0 && percent < 1 ? 'under 1 %' : `${Math.round(percent)} %`;
}
