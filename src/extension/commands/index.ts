/** Every command, one a file, and what they have in common: errors are shown and logged. */
import * as vscode from 'vscode';
import type { App, Command } from '../app';
import { showError } from '../notices';
import { connect } from './connect';
import { copyTask } from './copyTask';
import { disconnect } from './disconnect';
import { refresh } from './refresh';
import { retryTasks } from './retryTasks';
import { showLog } from './showLog';
import { showMore } from './showMore';
import { showOutput } from './showOutput';
import { startLocalCluster } from './startLocalCluster';
import { stopLocalCluster } from './stopLocalCluster';
import { submitTasks } from './submitTasks';

const commands: readonly Command[] = [
  connect,
  copyTask,
  disconnect,
  refresh,
  retryTasks,
  showLog,
  showMore,
  showOutput,
  startLocalCluster,
  stopLocalCluster,
  submitTasks,
];

export function registerCommands(app: App): vscode.Disposable[] {
  return commands.map(command =>
    vscode.commands.registerCommand(command.id, async (...args: unknown[]) => {
      try {
        await command.run(app, ...args);
      } catch (error) {
        app.log.error(error as Error);
        await showError(error);
      }
    }),
  );
}
