import * as vscode from 'vscode';
import type { Command } from '../app';
import { connectedQueue } from '../connection/connectedQueue';

/** Shows the tasks in which a text stands: the given one, or one that is asked for. Nothing: all again. */
export const filterTasks: Command = async (app, given) => {
  if (!(await connectedQueue(app))) return;
  const text = typeof given === 'string' ? given : await ask(app.filter.text);
  if (text === undefined) return;
  if (text === '') app.filter.clear();
  else app.filter.start(text);
  await vscode.commands.executeCommand('distcomp.queues.focus');
};

const ask = (current: string) =>
  vscode.window.showInputBox({
    title: vscode.l10n.t('Filter Tasks'),
    prompt: vscode.l10n.t('Text of the line, its worker, its result or the reason of its failure'),
    placeHolder: '--seed 7',
    value: current,
    // Stays while somebody looks into the tree for what to write.
    ignoreFocusOut: true,
  });
