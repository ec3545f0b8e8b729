/**
 * Every command, one a file, loaded when it is first called. What they have in common: errors are
 * logged and shown.
 */
import * as vscode from 'vscode';
import type { App, Command } from '../app';
import { showError } from '../notices';

const commands: Record<`distcomp.${string}`, () => Promise<Command>> = {
  'distcomp.clearFilter': async () => (await import('./clearFilter')).clearFilter,
  'distcomp.connect': async () => (await import('./connect')).connect,
  'distcomp.copyTask': async () => (await import('./copyTask')).copyTask,
  'distcomp.copyWorkerName': async () => (await import('./copyWorkerName')).copyWorkerName,
  'distcomp.disconnect': async () => (await import('./disconnect')).disconnect,
  'distcomp.filterTasks': async () => (await import('./filterTasks')).filterTasks,
  'distcomp.drainWorkers': async () => (await import('./drainWorkers')).drainWorkers,
  'distcomp.openDashboard': async () => (await import('./openDashboard')).openDashboard,
  'distcomp.recoverLostWorkers': async () =>
    (await import('./recoverLostWorkers')).recoverLostWorkers,
  'distcomp.refresh': async () => (await import('./refresh')).refresh,
  'distcomp.retryTasks': async () => (await import('./retryTasks')).retryTasks,
  'distcomp.showLog': async () => (await import('./showLog')).showLog,
  'distcomp.showMore': async () => (await import('./showMore')).showMore,
  'distcomp.showOutput': async () => (await import('./showOutput')).showOutput,
  'distcomp.startLocalCluster': async () => (await import('./startLocalCluster')).startLocalCluster,
  'distcomp.stopLocalCluster': async () => (await import('./stopLocalCluster')).stopLocalCluster,
  'distcomp.stopSearch': async () => (await import('./stopSearch')).stopSearch,
  'distcomp.submitTasks': async () => (await import('./submitTasks')).submitTasks,
  'distcomp.switchQueue': async () => (await import('./switchQueue')).switchQueue,
  'distcomp.whyWaiting': async () => (await import('./whyWaiting')).whyWaiting,
};

export function registerCommands(app: App): vscode.Disposable[] {
  return Object.entries(commands).map(([id, load]) =>
    vscode.commands.registerCommand(id, async (...args: unknown[]) => {
      app.view.release();
      app.workers.release();
      try {
        const run = await load();
        await run(app, ...args);
      } catch (error) {
        app.log.error(error as Error);
        showError(error);
      }
    }),
  );
}
