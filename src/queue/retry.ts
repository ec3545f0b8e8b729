import { newUndoId, type UndoOption } from './journal';
import { twoLooks } from './looks';
import type { Queue } from './queue';
import { asString } from './reply';
import { runScript, scripts } from './script';

export type RetryVerdict =
  | 'retried'
  /** It had not failed for good. */
  | 'not_failed'
  /** An original moved it between all looks: it stays as it is. */
  | 'unsettled';

export interface RetryOptions extends UndoOption {
  /** Memory that the tasks must have from now on, in whole GB; at least what their lines say. */
  memoryGb?: number;
}

const VERDICTS: Readonly<Record<string, RetryVerdict>> = { r: 'retried', u: 'unsettled' };

/**
 * Puts tasks that failed for good back to todo with all their attempts before them. Attempts made so
 * far stay readable; failure history, reason and losses are forgotten. `undo` takes it back.
 *
 * @returns one verdict a line, in order
 */
export async function retry(
  queue: Queue,
  lines: readonly string[],
  { memoryGb = 0, undoId = newUndoId() }: RetryOptions = {},
): Promise<RetryVerdict[]> {
  const letters = await twoLooks(queue, lines, async (chunk, seen) =>
    asString(await runScript(queue, scripts.retry, [seen, undoId, memoryGb, ...chunk])),
  );
  return Array.from(letters, letter => VERDICTS[letter] ?? 'not_failed');
}
