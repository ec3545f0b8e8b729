import * as vscode from 'vscode';
import { addCounts, noCounts } from '../../tasks/words';
import type { Command } from '../app';
import { connectedQueue } from '../connection/connectedQueue';
import { submitOne, tellSubmitted } from '../submission/submission';
import { chosenFiles, openSavedTaskFile } from '../submission/taskFiles';
import { isTrusted } from '../trust';

/** Adds the tasks of the active file, or of files chosen in the explorer or a dialog. */
export const submitTasks: Command = async (app, uri, uris) => {
  if (!isTrusted()) return;
  const { t } = vscode.l10n;
  const asks = { title: t('Task files to submit'), openLabel: t('Submit') };
  const files = await chosenFiles(uri, uris, asks);
  if (files.length === 0) return;
  const queue = await connectedQueue(app);
  if (!queue) return;
  const total = noCounts();
  let cancelledAt: number | undefined;
  for (const file of files) {
    const { result, lines, isCancelled } = await submitOne(
      app,
      queue,
      await openSavedTaskFile(file),
    );
    addCounts(total, result);
    if (!isCancelled) continue;
    cancelledAt = lines;
    break;
  }
  app.store.refresh();
  tellSubmitted(app, total, cancelledAt);
};
