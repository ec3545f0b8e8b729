/** How much of the run that goes on has ended, from the minutes that the queue keeps. Pure. */
import type { RunSoFar } from '../tasks/paceWords';
import type { Minute } from './history';

/**
 * A run is the stretch of minutes up to now in each of which something ended or ran. When it began within
 * its first minute is not known, so that one does not count. Undefined while no other has begun, and when
 * nothing runs.
 *
 * @param minutes one after the other, up to this one
 * @param nowSeconds by Redis time
 */
export function runSoFar(minutes: readonly Minute[], nowSeconds: number): RunSoFar | undefined {
  // This one may have begun just now.
  const last = minutes.findLastIndex(isBusy);
  if (last < minutes.length - 2) return undefined;
  const idle = minutes.slice(0, Math.max(0, last)).findLastIndex(minute => !isBusy(minute));
  const isWhole = idle >= 0;
  const counted = minutes.slice(isWhole ? idle + 2 : 0);
  const [first] = counted;
  if (!first) return undefined;
  const ended = counted.reduce((sum, { finished, failed }) => sum + finished + failed, 0);
  return { ended, seconds: Math.max(1, nowSeconds - first.minute * 60), isWhole };
}

const isBusy = ({ finished, failed, cluster }: Minute) =>
  finished + failed + (cluster?.running ?? 0) > 0;
