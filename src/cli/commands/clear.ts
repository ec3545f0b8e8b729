/** `distcomp clear`: all tasks of a queue go, and can be brought back for a while. */
import { clear } from '../../queue/clear';
import { counts } from '../../queue/counts';
import { newUndoId } from '../../queue/journal';
import { aliveOriginals } from '../../queue/originals';
import { clearQuestion, removed as inWords, undoHint } from '../../tasks/bulkWords';
import { confirmed } from '../confirm';
import { print, printJson, say } from '../console';
import { EXIT } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';

export interface ConfirmedOptions extends QueueOptions {
  yes?: true;
}

/** Returns the exit code. */
export async function clearQueue(options: ConfirmedOptions): Promise<number> {
  return withQueue(options, async ({ queue }) => {
    const now = await counts(queue);
    const isEmpty = now.todo + now.inProgress + now.failed + now.finished === 0;
    const question = clearQuestion(queue.name, now, await aliveOriginals(queue));
    if (!isEmpty && !(await confirmed(question, options.yes === true))) {
      say('Nothing was cleared.');
      return EXIT.tasksFailed;
    }
    const undoId = newUndoId();
    const removed = isEmpty ? 0 : await clear(queue, { undoId });
    if (options.json) printJson({ removed, undo: removed > 0 ? undoId : null });
    else print(inWords(removed, 'task'));
    if (removed > 0) say(undoHint(`distcomp undo ${undoId}`));
    return EXIT.ok;
  });
}
