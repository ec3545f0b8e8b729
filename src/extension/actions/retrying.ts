/** What the commands that retry have in common. */
import { l10n } from 'vscode';
import { chunks } from '../../queue/chunks';
import { type FailureSpan, failedWithin } from '../../queue/failedWithin';
import { countOfKind, linesOfKind } from '../../queue/failures';
import { newUndoId } from '../../queue/journal';
import { linesIn } from '../../queue/lines';
import type { Source } from '../../queue/outcome';
import type { Queue } from '../../queue/queue';
import { type RetryOptions, retryEach } from '../../queue/retry';
import { retried } from '../../tasks/bulkWords';
import { plural } from '../../tasks/words';
import type { App } from '../app';
import { isTrusted } from '../trust';
import { runBulkAction } from './bulkAction';
import type { Chosen } from './pickTasks';

/** Failed tasks that are to run again, and how many. */
export interface Retrying {
  source: Source;
  count: number;
  /** All of a kind were meant, so what is not among them any more was not. */
  isGroup: boolean;
}

export const retryingOf = ({ queue, lines, groups, count }: Chosen): Retrying =>
  groups.length > 0
    ? { source: linesIn(queue, 'failed'), count, isGroup: true }
    : { source: chunks(lines), count, isGroup: false };

export async function retryingOfKind(queue: Queue, signature: string): Promise<Retrying> {
  const count = await countOfKind(queue, signature);
  return { source: linesOfKind(queue, signature), count, isGroup: true };
}

/** Retries them with progress, and tells what came of it. Answers how many run again. */
export async function retryTasksOf(
  app: App,
  queue: Queue,
  { source, count, isGroup }: Retrying,
  options: RetryOptions = {},
): Promise<number> {
  const undoId = newUndoId();
  return runBulkAction(app, queue, {
    title: l10n.t('Retrying {0}', plural(count, 'failed task')),
    tasks: count,
    steps: isCancelled => retryEach(queue, source, { ...options, undoId, isCancelled }),
    looksTwice: true,
    none: { retried: 0, not_failed: 0, unsettled: 0 },
    did: 'retried',
    ...(isGroup ? { ignored: 'not_failed' as const } : {}),
    undoId,
    words: ({ counts: { retried: again, not_failed: notFailed, unsettled }, left }) =>
      retried({ retried: again, notFailed, unsettled, left }, options.memoryGb),
  });
}

/** What failed in a run of this window, `count` tasks as far as is known, runs again. Answers how many do. */
export async function retryFailedWithin(
  app: App,
  queue: Queue,
  failures: FailureSpan,
  count: number,
): Promise<number> {
  if (!isTrusted()) return 0;
  return retryTasksOf(app, queue, { source: failedWithin(queue, failures), count, isGroup: true });
}
