import * as vscode from 'vscode';
import { newUndoId } from '../../queue/journal';
import type { Queue } from '../../queue/queue';
import { type RetryVerdict, retry } from '../../queue/retry';
import { number, plural } from '../../tasks/words';
import type { Command } from '../app';
import { chosenTasks } from '../pickTasks';
import { isTrusted } from '../trust';

const CHUNK = 1_000;

type Verdicts = Record<RetryVerdict, number>;

/** Failed tasks run again: one, the selected ones, all of the Failed group, or picked from a list. */
export const retryTasks: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const lines = await chosenTasks(app, node, nodes, {
    title: vscode.l10n.t('Retry'),
    states: ['failed'],
  });
  const queue = app.store.queue;
  if (!queue || lines.length === 0) return;
  const verdicts = await retryWithProgress(queue, lines);
  app.store.refresh();
  vscode.window.setStatusBarMessage(outcome(verdicts), 5_000);
};

/** A thousand at a time, with the exact number said first; what is left when cancelled stays failed. */
async function retryWithProgress(queue: Queue, lines: readonly string[]): Promise<Verdicts> {
  const location =
    lines.length > CHUNK ? vscode.ProgressLocation.Notification : vscode.ProgressLocation.Window;
  const title = vscode.l10n.t('Retrying {0}', plural(lines.length, 'failed task'));
  return vscode.window.withProgress(
    { location, title, cancellable: true },
    async (progress, cancelled) => {
      const counts: Verdicts = { retried: 0, not_failed: 0, unsettled: 0 };
      // One action, however many calls: undone as one.
      const undoId = newUndoId();
      for (let done = 0; done < lines.length && !cancelled.isCancellationRequested; done += CHUNK) {
        const chunk = lines.slice(done, done + CHUNK);
        for (const verdict of await retry(queue, chunk, { undoId })) counts[verdict] += 1;
        const increment = (100 * chunk.length) / lines.length;
        progress.report({ increment, message: number(done + chunk.length) });
      }
      return counts;
    },
  );
}

function outcome({ retried, not_failed, unsettled }: Verdicts): string {
  const { t } = vscode.l10n;
  const parts = [
    retried === 1 ? t('1 task is tried again') : t('{0} tasks are tried again', number(retried)),
  ];
  if (not_failed > 0) parts.push(t('{0} not failed any more', number(not_failed)));
  if (unsettled > 0) {
    parts.push(t('{0} moved by an original meanwhile: retry again', number(unsettled)));
  }
  return parts.join(' · ');
}
