import * as vscode from 'vscode';
import { chosenGroups } from '../actions/pickTasks';
import { retryingOf, retryTasksOf } from '../actions/retrying';
import type { Command } from '../app';
import { isTrusted } from '../trust';

/** Failed tasks run again: one, the selected ones, all of the Failed group, or picked from a list. */
export const retryTasks: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const chosen = await chosenGroups(app, node, nodes, {
    title: vscode.l10n.t('Retry'),
    states: ['failed'],
    groups: true,
  });
  if (chosen) await retryTasksOf(app, chosen.queue, retryingOf(chosen));
};
