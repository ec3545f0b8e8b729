import { keptLines, newUndoId, type UndoOption } from './journal';
import type { Queue } from './queue';
import { asNumber } from './reply';
import { runScript, scripts } from './script';

/**
 * Removes all finished tasks with their results at once, and then their attempts in steps: who is
 * interrupted there leaves attempts behind that nobody sees. `undo` brings all of it back.
 *
 * @returns how many tasks were removed
 */
export async function removeFinished(
  queue: Queue,
  { undoId = newUndoId() }: UndoOption = {},
): Promise<number> {
  const removed = asNumber(await runScript(queue, scripts.removeFinished, [undoId]));
  if (removed === 0) return 0;
  for await (const lines of keptLines(queue, undoId, 'finished')) {
    await runScript(queue, scripts.removeAttempts, [undoId, ...lines]);
  }
  return removed;
}
