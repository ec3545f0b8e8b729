/** `distcomp remove-finished`: finished tasks and their results go, and can be brought back for a while. */
import { counts } from '../../queue/counts';
import { newUndoId } from '../../queue/journal';
import { removeFinished } from '../../queue/removeFinished';
import { removed as inWords, removeFinishedQuestion, undoHint } from '../../tasks/bulkWords';
import { confirmed } from '../confirm';
import { print, printJson, say } from '../console';
import { EXIT } from '../exit';
import { withQueue } from '../queueAccess';
import type { ConfirmedOptions } from './clear';

/** Returns the exit code. */
export async function removeFinishedTasks(options: ConfirmedOptions): Promise<number> {
  return withQueue(options, async ({ queue }) => {
    const { finished } = await counts(queue);
    const question = removeFinishedQuestion(queue.name, finished);
    if (finished > 0 && !(await confirmed(question, options.yes === true))) {
      say('Nothing was removed.');
      return EXIT.tasksFailed;
    }
    const undoId = newUndoId();
    const removed = finished > 0 ? await removeFinished(queue, { undoId }) : 0;
    if (options.json) printJson({ removed, undo: removed > 0 ? undoId : null });
    else print(inWords(removed, 'finished task'));
    if (removed > 0) say(undoHint(`distcomp undo ${undoId}`));
    return EXIT.ok;
  });
}
