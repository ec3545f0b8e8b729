import * as vscode from 'vscode';
import { howToStop } from '../actions/howToStop';
import type { Command } from '../app';
import { targetElsewhere } from '../connection/connectedQueue';
import { inform } from '../notices';
import { isTrusted } from '../trust';

/** Ends the worker that was started on this machine for the queue of this window. Asks first. */
export const stopWorker: Command = async app => {
  if (!isTrusted()) return;
  const { t } = vscode.l10n;
  const target = await targetElsewhere(app, 'distcomp.stopLocalCluster');
  if (!target) return;
  if (!(await app.worker.isRunning(target))) {
    inform(t('No worker was started on this machine for queue "{0}".', target.queue));
    return;
  }
  const how = await howToStop(t('Stop the worker on this machine?'));
  if (!how) return;
  const title = t('Stopping the worker…');
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
    app.worker.stop(target, how),
  );
};
