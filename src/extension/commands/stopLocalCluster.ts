import * as vscode from 'vscode';
import { plural } from '../../tasks/words';
import type { App, Command } from '../app';
import { inform } from '../notices';
import { isTrusted } from '../trust';

/** Ends the workers and the Redis of this machine. Tasks and results stay for the next start. */
export const stopLocalCluster: Command = async app => {
  if (!isTrusted()) return;
  if (!(await app.local.isRunning())) {
    inform(vscode.l10n.t('No local cluster is running.'));
    return;
  }
  const how = await askHow(app);
  if (!how) return;
  const title = vscode.l10n.t('Stopping the local cluster…');
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
    app.local.stop(how),
  );
};

/** Asks only when something runs that could be let end first. */
async function askHow({ store }: App): Promise<'drain' | 'stop' | undefined> {
  const running = store.target?.isLocal ? (store.counts?.inProgress ?? 0) : 0;
  if (running === 0) return 'stop';
  const drain = vscode.l10n.t('Let Them Finish');
  const now = vscode.l10n.t('Stop Now');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t(
      'Stop the local cluster while {0} in progress?',
      plural(running, 'task is', 'tasks are'),
    ),
    {
      modal: true,
      detail: vscode.l10n.t('Stopped tasks go back to To do and run again at the next start.'),
    },
    drain,
    now,
  );
  if (answer === drain) return 'drain';
  return answer === now ? 'stop' : undefined;
}
