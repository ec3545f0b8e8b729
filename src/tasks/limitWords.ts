/** What is said of the limits of a queue, the same in terminal and editor. */
import { number, plural } from './words';

/** `at most 4 tasks in progress`, with how many are when that matters: `4 of at most 4 in progress`. */
export function runningLimit(most: number, held: number): string {
  return held >= most
    ? `${number(held)} of at most ${number(most)} in progress`
    : `at most ${plural(most, 'task')} in progress`;
}

/** `pauses after 10 failures, 3 so far`. */
export function failuresLimit(limit: number, soFar: number): string {
  const failures = plural(limit, 'failure');
  return `pauses after ${failures}${soFar > 0 ? `, ${number(soFar)} so far` : ''}`;
}

/** What both limits say, as far as they are set. `held`: tasks that workers of DistComp have in progress. */
export function limitWords(
  limits: { maxRunning: number | null; stopAfterFailures: number | null; failures: number },
  held: number,
): string[] {
  const { maxRunning, stopAfterFailures, failures } = limits;
  return [
    ...(maxRunning === null ? [] : [runningLimit(maxRunning, held)]),
    ...(stopAfterFailures === null ? [] : [failuresLimit(stopAfterFailures, failures)]),
  ];
}

/** `paused`, or `paused since 4 tasks failed, the limit of this queue` when no person did it. */
export function pausedWords(afterFailures: number | null): string {
  if (afterFailures === null) return 'paused';
  return `paused since ${plural(afterFailures, 'task')} failed, the limit of this queue`;
}

/** What a limit must be, to be said where something else was written. */
export const LIMIT_FORM = 'a whole number from 1 to 1,000,000, or none';
