import * as vscode from 'vscode';
import type { Command } from '../app';
import { isTrusted } from '../trust';

/** Starts a Redis and workers on this machine, for this workspace folder, and shows their queue. */
export const startLocalCluster: Command = async app => {
  if (!isTrusted()) return;
  const title = vscode.l10n.t('Starting the local cluster…');
  const target = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title },
    () => app.local.start(),
  );
  await app.connections.useLocal(target);
};
