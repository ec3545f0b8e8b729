import { chunks } from './chunks';
import { QUEUE_NAMES_KEY } from './keys';
import type { Queue } from './queue';
import { asString } from './reply';
import { runScript, scripts } from './script';

export type SubmitVerdict = 'added' | 'retried' | 'todo' | 'in_progress' | 'finished';

const VERDICTS: Readonly<Record<string, SubmitVerdict>> = {
  a: 'added',
  r: 'retried',
  t: 'todo',
  p: 'in_progress',
  f: 'finished',
};

/**
 * Adds task lines that are in no state; one that failed for good is retried. Lines must have been
 * accepted by `parseTask`.
 *
 * @returns one verdict a line, in order
 */
export async function submit(queue: Queue, lines: readonly string[]): Promise<SubmitVerdict[]> {
  await queue.redis.sadd(QUEUE_NAMES_KEY, queue.name);
  const verdicts: SubmitVerdict[] = [];
  for (const chunk of chunks(lines)) {
    const letters = asString(await runScript(queue, scripts.submit, chunk));
    for (const letter of letters) verdicts.push(verdictOf(letter));
  }
  return verdicts;
}

function verdictOf(letter: string): SubmitVerdict {
  const verdict = VERDICTS[letter];
  if (verdict === undefined) throw new TypeError(`unknown verdict "${letter}" from submit`);
  return verdict;
}
