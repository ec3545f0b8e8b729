import { chunks } from './chunks';
import { newUndoId, type UndoOption } from './journal';
import { linesIn } from './lines';
import type { Source, Steps } from './outcome';
import type { Queue } from './queue';
import { asString } from './reply';
import { runScript, scripts } from './script';

export type CancelVerdict =
  | 'cancelled'
  /** An original runs it: nobody can take it from there. */
  | 'on_original'
  /** Neither waiting nor in progress. */
  | 'not_active';

const VERDICTS: Readonly<Record<string, CancelVerdict>> = { c: 'cancelled', o: 'on_original' };

/**
 * Cancels tasks that wait or are in progress: they have failed at once, with the reason `cancelled`, and
 * what runs is ended by its worker. `undo` takes it back.
 *
 * @returns one verdict a line, in order
 */
export async function cancel(
  queue: Queue,
  lines: readonly string[],
  options: UndoOption = {},
): Promise<CancelVerdict[]> {
  const verdicts: CancelVerdict[] = [];
  for await (const step of cancelEach(queue, chunks(lines), options)) {
    verdicts.push(...step.map(({ verdict }) => verdict));
  }
  return verdicts;
}

/**
 * The same for all that waits, or all that is in progress, a chunk at each step: what is submitted
 * meanwhile may be among it. Of what waits, what is claimed meanwhile goes on.
 */
export async function* cancelAll(
  queue: Queue,
  state: 'todo' | 'in_progress',
  options: UndoOption = {},
): Steps<CancelVerdict> {
  yield* cancelEach(queue, linesIn(queue, state), options, state === 'in_progress');
}

/** The same for as many tasks as there are, a chunk at each step. */
export async function* cancelEach(
  queue: Queue,
  source: Source,
  { undoId = newUndoId() }: UndoOption = {},
  runningToo = true,
): Steps<CancelVerdict> {
  for await (const lines of source) {
    const letters = asString(
      await runScript(queue, scripts.cancel, [runningToo ? 1 : 0, undoId, ...lines]),
    );
    yield lines.map((line, i) => ({ line, verdict: VERDICTS[letters[i] ?? ''] ?? 'not_active' }));
  }
}
