/** `distcomp retry`: failed tasks get all their attempts again. */
import { newUndoId } from '../../queue/journal';
import { page } from '../../queue/pages';
import type { Queue } from '../../queue/queue';
import { type RetryVerdict, retry } from '../../queue/retry';
import { undoHint } from '../../tasks/bulkWords';
import { taskId } from '../../tasks/task';
import { number, plural } from '../../tasks/words';
import { print, printJson, say } from '../console';
import { EXIT, UsageError } from '../exit';
import { type QueueOptions, type RunOfFolder, withQueue } from '../queueAccess';
import { checkedId, linesOfIds } from '../taskIds';

export interface RetryOptions extends QueueOptions {
  allFailed?: true;
  /** GB that the tasks must have from now on. */
  memory?: number;
}

const PAGE = 1000;

/** Ids of tasks, by what became of them. */
interface Retried {
  tasks: string[];
  notFailed: string[];
  unsettled: string[];
}

/** Returns the exit code. */
export async function retryTasks(ids: string[], options: RetryOptions): Promise<number> {
  const { allFailed, memory: memoryGb } = options;
  if (ids.length > 0 === (allFailed === true)) {
    throw new UsageError('Give the ids of failed tasks, or --all-failed.');
  }
  const prefixes = ids.map(checkedId);
  return withQueue(options, async ({ queue, run }) => {
    const lines = allFailed ? await failedLines(queue) : await linesOfIds(queue, prefixes);
    if (lines.length > 1) say(`Retrying ${plural(lines.length, 'failed task')}.`);
    const undoId = newUndoId();
    const more = memoryGb === undefined ? {} : { memoryGb };
    const verdicts = await retry(queue, lines, { undoId, ...more });
    const idsWith = (wanted: RetryVerdict) =>
      lines.filter((_, index) => verdicts[index] === wanted).map(taskId);
    const retried = {
      tasks: idsWith('retried'),
      notFailed: idsWith('not_failed'),
      unsettled: idsWith('unsettled'),
    };
    const count = retried.tasks.length;
    if (options.json) {
      printJson({ retried: count, ...retried, undo: count > 0 ? undoId : null });
    } else print(inWords(retried, memoryGb, run));
    if (count > 0) say(undoHint(`distcomp undo ${undoId}`, ', except what has started'));
    return EXIT.ok;
  });
}

function inWords(
  { tasks, notFailed, unsettled }: Retried,
  memoryGb: number | undefined,
  run: RunOfFolder | undefined,
): string {
  const verb = tasks.length === 1 ? 'is' : 'are';
  const memory = memoryGb === undefined ? '' : ` with ${number(memoryGb)} GB or more`;
  const parts = [`${plural(tasks.length, 'task')} ${verb} tried again${memory}`];
  if (notFailed.length > 0) {
    parts.push(`${number(notFailed.length)} had not failed: ${some(notFailed)}`);
  }
  if (unsettled.length > 0) {
    const are = unsettled.length === 1 ? 'is' : 'are';
    parts.push(
      `${number(unsettled.length)} ${are} being moved by an original, retry again: ${some(unsettled)}`,
    );
  }
  if (run?.running === false && tasks.length > 0) {
    parts.push(`run them: distcomp run ${run.file}`);
  }
  return parts.join(' · ');
}

const some = (ids: string[]) => ids.slice(0, 10).join(', ');

/** All of them before the first is retried: one that fails again meanwhile is not tried twice. */
async function failedLines(queue: Queue): Promise<string[]> {
  const lines = new Set<string>();
  let cursor: string | undefined;
  do {
    const { rows, next } = await page(queue, 'failed', cursor, PAGE);
    for (const { line } of rows) lines.add(line);
    cursor = next;
  } while (cursor !== undefined);
  return [...lines];
}
