import * as vscode from 'vscode';
import { chosenTasks } from '../actions/pickTasks';
import type { Command } from '../app';

/** Puts the lines of tasks on the clipboard, one a line, as a task file has them. */
export const copyTask: Command = async (app, node, nodes) => {
  const tasks = await chosenTasks(app, node, nodes, {
    title: vscode.l10n.t('Copy Task'),
    states: ['in_progress', 'failed', 'todo', 'finished'],
  });
  if (tasks.length === 0) return;
  await vscode.env.clipboard.writeText(tasks.map(task => `${task}\n`).join(''));
};
