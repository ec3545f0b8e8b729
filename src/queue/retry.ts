import { chunks } from './chunks';
import type { Queue } from './queue';
import { asString } from './reply';
import { runScript, scripts } from './script';

export type RetryVerdict = 'retried' | 'not_failed';

/**
 * Puts tasks that failed for good back to todo with all their attempts before them. Attempts made so
 * far stay readable; failure history, reason and losses are forgotten.
 *
 * @returns one verdict a line, in order
 */
export async function retry(queue: Queue, lines: readonly string[]): Promise<RetryVerdict[]> {
  const verdicts: RetryVerdict[] = [];
  for (const chunk of chunks(lines)) {
    const letters = asString(await runScript(queue, scripts.retry, chunk));
    for (const letter of letters) verdicts.push(letter === 'r' ? 'retried' : 'not_failed');
  }
  return verdicts;
}
