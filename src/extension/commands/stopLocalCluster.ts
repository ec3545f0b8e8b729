import * as vscode from 'vscode';
import { plural } from '../../tasks/words';
import { howToStop } from '../actions/howToStop';
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
  const tasks = plural(running, 'task is', 'tasks are');
  return howToStop(vscode.l10n.t('Stop the local cluster while {0} in progress?', tasks));
}
