import * as vscode from 'vscode';
import type { Command } from '../app';
import { chosenOutputs } from '../output/outputTargets';

/** Opens what tasks printed in their newest attempts, or in the one that is named, as read-only documents. */
export const showOutput: Command = async (app, node, nodes) => {
  const targets = await chosenOutputs(app, node, nodes, {
    title: vscode.l10n.t('Show Output'),
    openDocument: false,
  });
  // Who walks through the tree or a table stays there, and sees it.
  const preserveFocus = node !== undefined;
  const viewColumn = app.dashboard.isActive ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
  for (const target of targets) {
    await app.outputs.show(target, { preview: targets.length === 1, preserveFocus, viewColumn });
  }
};
