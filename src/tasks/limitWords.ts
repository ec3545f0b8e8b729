/** What is said of the limits of a queue, the same in terminal and editor. */
import { number, plural } from './words';

interface Limits {
  maxRunning: number | null;
  stopAfterFailures: number | null;
  failures: number;
}

/**
 * The limit by which nothing starts, though lanes may be free; undefined while there is room.
 *
 * @param held tasks that workers of DistComp have in progress
 */
export function limitReached({ maxRunning }: Limits, held: number): number | undefined {
  return maxRunning !== null && held >= maxRunning ? maxRunning : undefined;
}

/** `at most 4 tasks in progress`; `4 of at most 4 in progress` once it is reached. Empty without a limit. */
export function runningLimit(limits: Limits, held: number): string {
  const { maxRunning: most } = limits;
  if (most === null) return '';
  return limitReached(limits, held) === undefined
    ? `at most ${plural(most, 'task')} in progress`
    : `${number(held)} of at most ${number(most)} in progress`;
}

/** `pauses after 10 failures, 3 so far`. Empty without a limit. */
export function failuresLimit({ stopAfterFailures, failures }: Limits): string {
  if (stopAfterFailures === null) return '';
  const soFar = failures > 0 ? `, ${number(failures)} so far` : '';
  return `pauses after ${plural(stopAfterFailures, 'failure')}${soFar}`;
}

/** `Queue "default": at most 4 tasks in progress · pauses after 10 failures`. */
export function limitsOfQueue(queue: string, limits: Limits, held: number): string {
  const words = [runningLimit(limits, held), failuresLimit(limits)].filter(Boolean);
  return words.length > 0
    ? `Queue "${queue}": ${words.join(' · ')}`
    : `Queue "${queue}" has no limits.`;
}

export const hasLimits = ({ maxRunning, stopAfterFailures }: Limits): boolean =>
  maxRunning !== null || stopAfterFailures !== null;

/** `paused`, or `paused since 4 tasks failed, the limit of this queue` when no person did it. */
export function pausedWords(afterFailures: number | null): string {
  if (afterFailures === null) return 'paused';
  return `paused since ${plural(afterFailures, 'task')} failed, the limit of this queue`;
}

/** What a limit must be, to be said where something else was written. */
export const LIMIT_FORM = 'a whole number from 1 to 1,000,000, or none';
