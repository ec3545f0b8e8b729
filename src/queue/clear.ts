import { newUndoId, type UndoOption } from './journal';
import type { Queue } from './queue';
import { asNumber } from './reply';
import { runScript, scripts } from './script';

/**
 * Removes every task of the queue, and nothing else in Redis. What workers still run is ended at
 * once and its results are not recorded. `undo` brings all of it back.
 *
 * @returns how many tasks were removed
 */
export async function clear(
  queue: Queue,
  { undoId = newUndoId() }: UndoOption = {},
): Promise<number> {
  return asNumber(await runScript(queue, scripts.clear, [undoId]));
}
