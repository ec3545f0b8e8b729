import { createInterface } from 'node:readline/promises';
import { UsageError } from './exit';

/**
 * Asks on the terminal, and takes only a clear yes for one. Throws UsageError where nobody can be asked
 * and `yes` was not given.
 */
export async function confirmed(question: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError(`${question} Nobody can be asked here: give --yes.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  terminal.once('close', () => ended.abort());
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: ended.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    // Ctrl-C or the end of input.
    process.stderr.write('\n');
    return false;
  } finally {
    terminal.close();
  }
}
