/** `distcomp cancel`: tasks that wait or run have failed, with the reason `cancelled`. */
import { type CancelVerdict, cancel, cancelAll } from '../../queue/cancel';
import { newUndoId } from '../../queue/journal';
import { cancelled as inWords, undoHint } from '../../tasks/bulkWords';
import { taskId } from '../../tasks/task';
import { print, printJson, say } from '../console';
import { EXIT, UsageError } from '../exit';
import { type OpenQueue, type QueueOptions, withQueue } from '../queueAccess';
import { checkedId, linesOfIds } from '../taskIds';

export interface CancelOptions extends QueueOptions {
  allTodo?: true;
}

/** Returns the exit code. */
export async function cancelTasks(ids: string[], options: CancelOptions): Promise<number> {
  if (ids.length > 0 === (options.allTodo === true)) {
    throw new UsageError('Give the ids of tasks, or --all-todo for all that wait.');
  }
  const prefixes = ids.map(checkedId);
  return withQueue(options, open =>
    options.allTodo ? cancelWaiting(open, options) : cancelNamed(open, prefixes, options),
  );
}

async function cancelNamed(
  { queue }: OpenQueue,
  prefixes: string[],
  { json }: CancelOptions,
): Promise<number> {
  const lines = await linesOfIds(queue, prefixes);
  const undoId = newUndoId();
  const verdicts = await cancel(queue, lines, { undoId });
  const idsWith = (wanted: CancelVerdict) =>
    lines.filter((_, index) => verdicts[index] === wanted).map(taskId);
  const tasks = idsWith('cancelled');
  const onOriginal = idsWith('on_original');
  const notActive = idsWith('not_active');
  if (json) {
    const undo = tasks.length > 0 ? undoId : null;
    printJson({ cancelled: tasks.length, tasks, onOriginal, notActive, undo });
  } else print(inWords({ cancelled: tasks.length, onOriginal, notActive }));
  sayUndo(undoId, tasks.length);
  return onOriginal.length > 0 ? EXIT.tasksFailed : EXIT.ok;
}

/** Ids of what may be a million tasks are not listed. */
async function cancelWaiting({ queue }: OpenQueue, { json }: CancelOptions): Promise<number> {
  const undoId = newUndoId();
  let cancelled = 0;
  for await (const step of cancelAll(queue, 'todo', { undoId })) {
    cancelled += step.filter(({ verdict }) => verdict === 'cancelled').length;
  }
  if (json) printJson({ cancelled, undo: cancelled > 0 ? undoId : null });
  else print(inWords({ cancelled, onOriginal: [], notActive: [] }));
  sayUndo(undoId, cancelled);
  return EXIT.ok;
}

function sayUndo(undoId: string, cancelled: number): void {
  if (cancelled > 0) say(undoHint(`distcomp undo ${undoId}`));
}
