import * as vscode from 'vscode';
import type { Command } from '../app';
import { chosenWorkers } from '../workers/pickWorkers';

/** Puts names of workers on the clipboard, one a line. */
export const copyWorkerName: Command = async (app, node, nodes) => {
  const names = await chosenWorkers(app, node, nodes, {
    title: vscode.l10n.t('Copy Worker Name'),
    fits: () => true,
    none: vscode.l10n.t('No worker is on this queue.'),
  });
  if (names.length > 0) await vscode.env.clipboard.writeText(names.join('\n'));
};
