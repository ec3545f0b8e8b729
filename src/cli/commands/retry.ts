/** `distcomp retry`: failed tasks get all their attempts again. */
import { findTask } from '../../queue/details';
import { page } from '../../queue/pages';
import type { Queue } from '../../queue/queue';
import { retry } from '../../queue/retry';
import { taskId } from '../../tasks/task';
import { number, plural } from '../../tasks/words';
import { print, printJson, say } from '../console';
import { EXIT, UsageError } from '../exit';
import { type QueueOptions, type RunOfFolder, withQueue } from '../queueAccess';
import { checkedId } from '../taskIds';

export interface RetryOptions extends QueueOptions {
  allFailed?: true;
}

const PAGE = 1000;

/** Returns the exit code. */
export async function retryTasks(ids: string[], options: RetryOptions): Promise<number> {
  if (ids.length > 0 === (options.allFailed === true)) {
    throw new UsageError('Give the ids of failed tasks, or --all-failed.');
  }
  const prefixes = ids.map(checkedId);
  return withQueue(options, async ({ queue, run }) => {
    const lines = options.allFailed ? await failedLines(queue) : await linesOf(queue, prefixes);
    if (lines.length > 1) say(`Retrying ${plural(lines.length, 'failed task')}.`);
    const verdicts = await retry(queue, lines);
    const retried = lines.filter((_, index) => verdicts[index] === 'retried').map(taskId);
    const notFailed = lines.filter((_, index) => verdicts[index] === 'not_failed').map(taskId);
    if (options.json) printJson({ retried: retried.length, tasks: retried, notFailed });
    else print(inWords(retried.length, notFailed, run));
    return EXIT.ok;
  });
}

function inWords(retried: number, notFailed: string[], run: RunOfFolder | undefined): string {
  const verb = retried === 1 ? 'is' : 'are';
  const parts = [`${plural(retried, 'task')} ${verb} tried again`];
  if (notFailed.length > 0) {
    const some = notFailed.slice(0, 10).join(', ');
    parts.push(`${number(notFailed.length)} had not failed: ${some}`);
  }
  if (run?.running === false && retried > 0) parts.push(`run them: distcomp run ${run.file}`);
  return parts.join(' · ');
}

async function linesOf(queue: Queue, prefixes: string[]): Promise<string[]> {
  const lines = new Set<string>();
  for (const prefix of prefixes) {
    const line = await findTask(queue, prefix);
    if (line === undefined)
      throw new UsageError(`No task of queue "${queue.name}" has the id ${prefix}.`);
    lines.add(line);
  }
  return [...lines];
}

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
