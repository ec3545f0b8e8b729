import { QUEUE_NAMES_KEY } from './keys';
import { type Act, twoLooks } from './looks';
import type { Queue } from './queue';
import { asString } from './reply';
import { runScript, scripts } from './script';

/** `unsettled`: an original may be moving the task between two states, so nothing was done. */
export type SubmitVerdict = 'added' | 'retried' | 'todo' | 'in_progress' | 'finished' | 'unsettled';

const VERDICTS: Readonly<Record<string, SubmitVerdict>> = {
  a: 'added',
  r: 'retried',
  t: 'todo',
  p: 'in_progress',
  f: 'finished',
  u: 'unsettled',
};

/**
 * Adds task lines that are in no state; one that failed for good is retried. Lines must have been
 * accepted by `parseTask`. While an original is alive it takes a second more, for a second look.
 *
 * @returns one verdict a line, in order
 */
export async function submit(queue: Queue, lines: readonly string[]): Promise<SubmitVerdict[]> {
  await announceQueue(queue);
  return Array.from(await twoLooks(queue, lines, submission(queue)), verdictOf);
}

/** Who looks for queues finds this one. */
export async function announceQueue({ redis, name }: Queue): Promise<void> {
  await redis.sadd(QUEUE_NAMES_KEY, name);
}

/** Adds lines that have been looked at. Answers one letter a line. */
export function submission(queue: Queue): Act {
  return async (lines, seen) => asString(await runScript(queue, scripts.submit, [seen, ...lines]));
}

export function verdictOf(letter: string): SubmitVerdict {
  const verdict = VERDICTS[letter];
  if (verdict === undefined) throw new TypeError(`unknown verdict "${letter}" from submit`);
  return verdict;
}
