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
  allRunning?: true;
}

/** Returns the exit code. */
export async function cancelTasks(ids: string[], options: CancelOptions): Promise<number> {
  const { allTodo, allRunning } = options;
  if (ids.length > 0 === (allTodo === true || allRunning === true)) {
    throw new UsageError('Give the ids of tasks, or --all-todo or --all-running.');
  }
  const prefixes = ids.map(checkedId);
  return withQueue(options, open =>
    ids.length === 0 ? cancelGroups(open, options) : cancelNamed(open, prefixes, options),
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
async function cancelGroups(
  { queue }: OpenQueue,
  { json, allTodo, allRunning }: CancelOptions,
): Promise<number> {
  const undoId = newUndoId();
  const done = { cancelled: 0, on_original: 0, not_active: 0 };
  // What waits first: else workers would start it in place of what is ended.
  const groups = [
    ...(allTodo ? ['todo' as const] : []),
    ...(allRunning ? ['in_progress' as const] : []),
  ];
  for (const state of groups) {
    for await (const step of cancelAll(queue, state, { undoId })) {
      for (const { verdict } of step) done[verdict] += 1;
    }
  }
  const { cancelled, on_original: onOriginal } = done;
  const undo = cancelled > 0 ? undoId : null;
  if (json) printJson({ cancelled, ...(allRunning ? { onOriginal } : {}), undo });
  else print(inWords({ cancelled, onOriginal, notActive: 0 }));
  sayUndo(undoId, cancelled);
  return onOriginal > 0 ? EXIT.tasksFailed : EXIT.ok;
}

function sayUndo(undoId: string, cancelled: number): void {
  if (cancelled > 0) say(undoHint(`distcomp undo ${undoId}`));
}
