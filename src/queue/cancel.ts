import { chunks } from './chunks';
import { newUndoId, type UndoOption } from './journal';
import type { Queue } from './queue';
import { asString } from './reply';
import { scanTasks } from './scan';
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
export function cancel(
  queue: Queue,
  lines: readonly string[],
  { undoId = newUndoId() }: UndoOption = {},
): Promise<CancelVerdict[]> {
  return cancelIn(queue, lines, undoId, true);
}

/**
 * Cancels all that waits, in steps: what is submitted meanwhile may be among it. What is claimed meanwhile
 * goes on.
 *
 * @returns the cancelled lines of each step
 */
export async function* cancelTodo(
  queue: Queue,
  { undoId = newUndoId() }: UndoOption = {},
): AsyncGenerator<string[]> {
  const { todo, ownTodo } = queue.keys;
  for (const hash of [todo, ownTodo]) {
    for await (const tasks of scanTasks(queue, hash)) {
      const lines = tasks.map(({ line }) => line);
      const verdicts = await cancelIn(queue, lines, undoId, false);
      yield lines.filter((_, i) => verdicts[i] === 'cancelled');
    }
  }
}

async function cancelIn(
  queue: Queue,
  lines: readonly string[],
  undoId: string,
  runningToo: boolean,
): Promise<CancelVerdict[]> {
  const verdicts: CancelVerdict[] = [];
  for (const chunk of chunks(lines)) {
    const letters = asString(
      await runScript(queue, scripts.cancel, [runningToo ? 1 : 0, undoId, ...chunk]),
    );
    for (const letter of letters) verdicts.push(VERDICTS[letter] ?? 'not_active');
  }
  return verdicts;
}
