import { newUndoId, type UndoOption } from './journal';
import { settle, twoLooks } from './looks';
import type { Source, Steps } from './outcome';
import type { Queue } from './queue';
import { asString } from './reply';
import { runScript, scripts } from './script';

export type RetryVerdict =
  | 'retried'
  /** It had not failed for good, or not as it was meant, or this action has tried it again already. */
  | 'not_failed'
  /** An original moved it between all looks: it stays as it is. */
  | 'unsettled';

export interface RetryOptions extends UndoOption {
  /** Memory that the tasks must have from now on, in whole GB; at least what their lines say. */
  memoryGb?: number;
  /** Only tasks that failed with this signature. */
  signature?: string;
}

export interface RetryEachOptions extends RetryOptions {
  /** True ends it before its next step: the other tasks stay failed. */
  isCancelled?(): boolean;
}

const VERDICTS: Readonly<Record<string, RetryVerdict>> = { r: 'retried', u: 'unsettled' };

const verdictOf = (letter: string): RetryVerdict => VERDICTS[letter] ?? 'not_failed';

/**
 * Puts tasks that failed for good back to todo with all their attempts before them. Attempts made so
 * far stay readable; failure history, reason and losses are forgotten. `undo` takes it back.
 *
 * @returns one verdict a line, in order
 */
export async function retry(
  queue: Queue,
  lines: readonly string[],
  options: RetryOptions = {},
): Promise<RetryVerdict[]> {
  const letters = await twoLooks(queue, lines, retrying(queue, options));
  return Array.from(letters, verdictOf);
}

/**
 * The same for as many tasks as there are, a chunk at each step. A task that fails again before the
 * last step is not tried twice.
 */
export async function* retryEach(
  queue: Queue,
  source: Source,
  options: RetryEachOptions = {},
): Steps<RetryVerdict> {
  const act = retrying(queue, options);
  const { isCancelled } = options;
  for await (const { settled } of settle(queue, source, line => line, act, isCancelled)) {
    yield settled.map(({ item, letter }) => ({ line: item, verdict: verdictOf(letter) }));
  }
}

function retrying(
  queue: Queue,
  { memoryGb = 0, signature = '', undoId = newUndoId() }: RetryOptions,
): (lines: string[], seen: string) => Promise<string> {
  return async (lines, seen) =>
    asString(await runScript(queue, scripts.retry, [seen, undoId, memoryGb, signature, ...lines]));
}
