import * as vscode from 'vscode';
import type { Command } from '../app';
import { chosenTasks } from '../pickTasks';

/** Opens what a task printed in its newest attempt as a read-only document. */
export const showOutput: Command = async (app, node, nodes) => {
  const lines = await chosenTasks(app, node, nodes, {
    title: vscode.l10n.t('Show Output'),
    states: ['failed', 'in_progress', 'finished'],
  });
  for (const line of lines) await app.outputs.open(line, lines.length === 1);
};
