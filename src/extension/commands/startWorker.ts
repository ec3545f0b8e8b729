import * as vscode from 'vscode';
import type { Command } from '../app';
import { targetElsewhere } from '../connection/connectedQueue';
import { command, inform } from '../notices';
import { isTrusted } from '../trust';

/** A worker on this machine takes tasks of the queue of this window. Those of a local cluster are its own. */
export const startWorker: Command = async app => {
  if (!isTrusted()) return;
  const { t } = vscode.l10n;
  const target = await targetElsewhere(app, 'distcomp.startLocalCluster');
  if (!target) return;
  const isStarted = await app.worker.isRunning(target);
  const title = t('Starting a worker…');
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
    app.worker.start(target),
  );
  inform(
    isStarted
      ? t('A worker on this machine takes tasks of queue "{0}" already.', target.queue)
      : t(
          'A worker on this machine takes tasks of queue "{0}" until the last window of this folder is closed.',
          target.queue,
        ),
    command(t('Stop Worker on This Machine'), 'distcomp.stopWorker'),
  );
};
