/**
 * Limits of a queue: state in Redis that all workers of ours obey, wherever they run. Workers of the
 * original, and ours of a version before limits, take no notice.
 */
import type { Queue } from './queue';
import { asArray, asNumber, asString } from './reply';
import { runScript, scripts } from './script';

export interface QueueLimits {
  /** Tasks that workers of ours may hold at a time, all of them together; null without a limit. */
  maxRunning: number | null;
  /** When so many tasks have failed for good the queue pauses itself; null: it never does. */
  stopAfterFailures: number | null;
  /**
   * Tasks that failed for good since that was set, or since the queue was last resumed or cleared.
   * Cancelled ones are not counted, and a retry takes none away. 0 without a limit.
   */
  failures: number;
}

/** What is left out stays; null takes the limit away. */
export type LimitChanges = Partial<Pick<QueueLimits, 'maxRunning' | 'stopAfterFailures'>>;

/** The highest limit that can be set. */
export const HIGHEST_LIMIT = 1_000_000;

/**
 * Sets limits in one call, with the limits that stand then. Nothing that runs is ended: above a lower
 * limit nothing starts until it is below, and what is buffered goes back. To set `stopAfterFailures` is
 * to count anew, and does not resume a queue that has paused itself.
 *
 * @throws RangeError for what is no limit
 */
export async function setLimits(
  queue: Queue,
  { maxRunning, stopAfterFailures }: LimitChanges,
): Promise<{ changed: boolean; limits: QueueLimits }> {
  const wanted = [asArgument(maxRunning), asArgument(stopAfterFailures)];
  const [changed, ...fields] = asArray(await runScript(queue, scripts.setLimits, wanted));
  return { changed: changed === 1, limits: readLimits(fields) };
}

function asArgument(limit: number | null | undefined): string {
  if (limit === undefined) return '';
  if (limit === null) return 'none';
  if (!Number.isInteger(limit) || limit < 1 || limit > HIGHEST_LIMIT) {
    throw new RangeError(`A limit is a whole number from 1 to ${HIGHEST_LIMIT}, found ${limit}.`);
  }
  return String(limit);
}

/** As scripts answer them: what is not there is an empty text. */
export function readLimits(fields: readonly unknown[]): QueueLimits {
  const [maxRunning, stopAfterFailures, failures] = fields.map(field => limitOf(asString(field)));
  return {
    maxRunning: maxRunning ?? null,
    stopAfterFailures: stopAfterFailures ?? null,
    failures: failures ?? 0,
  };
}

const limitOf = (text: string) => (text === '' ? null : asNumber(text));

/** Null takes the limit away. */
export interface WrittenLimit {
  limit: number | null;
}

/** As a person writes one: a number, or `none`. Undefined for anything else. */
export function parseLimit(text: string): WrittenLimit | undefined {
  const written = text.trim().replaceAll(',', '');
  if (written === 'none') return { limit: null };
  const limit = Number(written);
  if (!/^\d+$/.test(written) || limit < 1 || limit > HIGHEST_LIMIT) return undefined;
  return { limit };
}

/** Of a queue that paused itself, how many failures were its limit; undefined if a person paused it. */
export function pausedAfter(paused: string): number | undefined {
  const [, limit] = /^\d+ failures (\d+)$/.exec(paused) ?? [];
  return limit === undefined ? undefined : Number(limit);
}
