/** `distcomp retry`: failed tasks get all their attempts again. */
import { chunks } from '../../queue/chunks';
import { counts } from '../../queue/counts';
import { countOfKind, failureKinds, linesOfKind } from '../../queue/failures';
import { newUndoId } from '../../queue/journal';
import { linesIn } from '../../queue/lines';
import type { Source } from '../../queue/outcome';
import type { Queue } from '../../queue/queue';
import { retryEach } from '../../queue/retry';
import { retried, undoHint } from '../../tasks/bulkWords';
import { taskId } from '../../tasks/task';
import { plural, visible } from '../../tasks/words';
import { print, printJson, say } from '../console';
import { EXIT, UsageError } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';
import { checkedId, linesOfIds } from '../taskIds';

export interface RetryOptions extends QueueOptions {
  allFailed?: true;
  /** All that failed with this signature. */
  signature?: string;
  /** GB that the tasks must have from now on. */
  memory?: number;
}

/** Which tasks are meant, and how many. */
interface Meant {
  source: Source;
  count: number;
}

/** Returns the exit code. */
export async function retryTasks(ids: string[], options: RetryOptions): Promise<number> {
  const { allFailed, signature, memory: memoryGb = 0 } = options;
  const ways = [ids.length > 0, allFailed === true, signature !== undefined];
  if (ways.filter(Boolean).length !== 1) {
    throw new UsageError('Give the ids of failed tasks, or --all-failed, or --signature TEXT.');
  }
  const prefixes = ids.map(checkedId);
  return withQueue(options, async ({ queue, run }) => {
    const { source, count } = await meant(queue, prefixes, options);
    if (count > 1) say(`Retrying ${plural(count, 'failed task')}.`);
    const undoId = newUndoId();
    const done = { retried: [] as string[], not_failed: [] as string[], unsettled: [] as string[] };
    const more = signature === undefined ? {} : { signature };
    for await (const step of retryEach(queue, source, { undoId, memoryGb, ...more })) {
      for (const { line, verdict } of step) done[verdict].push(taskId(line));
    }
    const { retried: tasks, unsettled } = done;
    // Of a group, what is not among the failed any more was not meant.
    const notFailed = prefixes.length > 0 ? done.not_failed : [];
    const undo = tasks.length > 0 ? undoId : null;
    if (options.json) printJson({ retried: tasks.length, tasks, notFailed, unsettled, undo });
    else {
      const words = retried({ retried: tasks.length, notFailed, unsettled }, memoryGb);
      const mustRun = run?.running === false && tasks.length > 0;
      print(mustRun ? `${words} · run them: distcomp run ${run.file}` : words);
    }
    if (undo) say(undoHint(`distcomp undo ${undo}`, ', except what has started'));
    return EXIT.ok;
  });
}

async function meant(
  queue: Queue,
  prefixes: readonly string[],
  { allFailed, signature }: RetryOptions,
): Promise<Meant> {
  if (allFailed) return { source: linesIn(queue, 'failed'), count: (await counts(queue)).failed };
  if (signature !== undefined) {
    const count = await countOfKind(queue, signature);
    if (count === 0) throw new UsageError(await noSuchKind(queue, signature));
    return { source: linesOfKind(queue, signature), count };
  }
  const lines = await linesOfIds(queue, prefixes);
  return { source: chunks(lines), count: lines.length };
}

const KINDS_SHOWN = 10;

async function noSuchKind(queue: Queue, signature: string): Promise<string> {
  const kinds = (await failureKinds(queue)).slice(0, KINDS_SHOWN);
  const none = `No task of queue "${queue.name}" failed with the signature "${visible(signature)}".`;
  if (kinds.length === 0) return none;
  const there = kinds.map(kind => `  ${kind.count} × ${visible(kind.signature)}`);
  return [`${none} There are:`, ...there].join('\n');
}
