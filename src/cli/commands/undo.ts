/** `distcomp undo`: takes back a retry, cancel, clear or remove-finished of the last ten minutes. */
import { type Undoable, undoable } from '../../queue/journal';
import { undo } from '../../queue/undo';
import { actionName, COMMANDS, nothingToUndo, undone } from '../../tasks/bulkWords';
import { print, printJson, say } from '../console';
import { EXIT, UsageError } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';

/** Returns the exit code. */
export async function undoAction(
  given: string | undefined,
  options: QueueOptions,
): Promise<number> {
  return withQueue(options, async ({ queue }) => {
    const actions = await undoable(queue);
    const meant = given?.toLowerCase() ?? actions[0]?.id;
    const action = actions.find(({ id }) => id === meant);
    if (!action) throw new UsageError(nothing(queue.name, given, actions));
    say(`Undoing ${actionName(action)}.`);
    const result = await undo(queue, action.id);
    if (!result) throw new UsageError(nothing(queue.name, given, []));
    if (options.json) printJson({ undo: action.id, ...result });
    else print(undone(result));
    return result.unsettled > 0 ? EXIT.tasksFailed : EXIT.ok;
  });
}

function nothing(queue: string, given: string | undefined, others: readonly Undoable[]): string {
  if (given === undefined) return nothingToUndo(queue);
  const named = others.map(({ id, kind }) => `${id} (${COMMANDS[kind]})`).join(', ');
  const rest = named === '' ? '' : ` What can be undone: ${named}.`;
  return `Nothing to undo under ${given}: it is undone, or longer ago than 10 minutes.${rest}`;
}
