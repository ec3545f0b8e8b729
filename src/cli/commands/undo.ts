/** `distcomp undo`: takes back a retry, cancel, clear or remove-finished of the last ten minutes. */
import { undoable } from '../../queue/journal';
import type { Queue } from '../../queue/queue';
import { undo } from '../../queue/undo';
import { undone } from '../../tasks/bulkWords';
import { print, printJson } from '../console';
import { EXIT, UsageError } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';

/** Returns the exit code. */
export async function undoAction(
  given: string | undefined,
  options: QueueOptions,
): Promise<number> {
  return withQueue(options, async ({ queue }) => {
    const id = given?.toLowerCase() ?? (await newest(queue));
    const result = id === undefined ? undefined : await undo(queue, id);
    if (!result) throw new UsageError(await nothingToUndo(queue, given));
    if (options.json) printJson({ undo: id, ...result });
    else print(undone(result));
    return result.unsettled > 0 ? EXIT.tasksFailed : EXIT.ok;
  });
}

async function newest(queue: Queue): Promise<string | undefined> {
  return (await undoable(queue))[0]?.id;
}

async function nothingToUndo(queue: Queue, given: string | undefined): Promise<string> {
  if (given === undefined) {
    return `Nothing to undo in queue "${queue.name}": what was done there is undone, or longer ago than 10 minutes.`;
  }
  const others = (await undoable(queue)).map(({ id, kind }) => `${id} (${COMMANDS[kind]})`);
  const rest = others.length > 0 ? ` What can be undone: ${others.join(', ')}.` : '';
  return `Nothing to undo under ${given}: it is undone, or longer ago than 10 minutes.${rest}`;
}

const COMMANDS = {
  retry: 'retry',
  cancel: 'cancel',
  clear: 'clear',
  remove_finished: 'remove-finished',
} as const;
