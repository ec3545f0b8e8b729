import * as vscode from 'vscode';
import type { Queue } from '../../queue/queue';
import { retry } from '../../queue/retry';
import { number, plural } from '../../tasks/words';
import type { Command } from '../app';
import { chosenTasks } from '../pickTasks';
import { isTrusted } from '../trust';

const CHUNK = 1_000;

/** Failed tasks run again: one, the selected ones, all of the Failed group, or picked from a list. */
export const retryTasks: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const lines = await chosenTasks(app, node, nodes, {
    title: vscode.l10n.t('Retry'),
    states: ['failed'],
  });
  const queue = app.store.queue;
  if (!queue || lines.length === 0) return;
  const retried = await retryWithProgress(queue, lines);
  app.store.refresh();
  vscode.window.setStatusBarMessage(outcome(retried, lines.length), 5_000);
};

/** A thousand at a time, with the exact number said first; what is left when cancelled stays failed. */
async function retryWithProgress(queue: Queue, lines: readonly string[]): Promise<number> {
  const location =
    lines.length > CHUNK ? vscode.ProgressLocation.Notification : vscode.ProgressLocation.Window;
  const title = vscode.l10n.t('Retrying {0}', plural(lines.length, 'failed task'));
  return vscode.window.withProgress(
    { location, title, cancellable: true },
    async (progress, cancelled) => {
      let retried = 0;
      for (let done = 0; done < lines.length && !cancelled.isCancellationRequested; done += CHUNK) {
        const chunk = lines.slice(done, done + CHUNK);
        const verdicts = await retry(queue, chunk);
        retried += verdicts.filter(verdict => verdict === 'retried').length;
        const increment = (100 * chunk.length) / lines.length;
        progress.report({ increment, message: number(done + chunk.length) });
      }
      return retried;
    },
  );
}

function outcome(retried: number, asked: number): string {
  const words =
    retried === 1
      ? vscode.l10n.t('1 task is tried again')
      : vscode.l10n.t('{0} tasks are tried again', number(retried));
  const rest = asked - retried;
  return rest > 0 ? `${words} · ${vscode.l10n.t('{0} not failed any more', number(rest))}` : words;
}
