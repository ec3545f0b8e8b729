/**
 * Every command, one a file, loaded when it is first called. What they have in common: errors are
 * logged and shown.
 */
import * as vscode from 'vscode';
import type { App, Command } from '../app';
import { showError } from '../notices';

const commands: Record<`distcomp.${string}`, () => Promise<Command>> = {
  'distcomp.auditTaskFile': async () => (await import('./auditTaskFile')).auditTaskFile,
  'distcomp.cancelTasks': async () => (await import('./cancelTasks')).cancelTasks,
  'distcomp.cleanHosts': async () => (await import('./cleanHosts')).cleanHosts,
  'distcomp.clearFilter': async () => (await import('./clearFilter')).clearFilter,
  'distcomp.clearQueue': async () => (await import('./clearQueue')).clearQueue,
  'distcomp.closeQueue': async () => (await import('./closeQueue')).closeQueue,
  'distcomp.compareAttempts': async () => (await import('./compareAttempts')).compareAttempts,
  'distcomp.connect': async () => (await import('./connect')).connect,
  'distcomp.copyTask': async () => (await import('./copyTask')).copyTask,
  'distcomp.copyWorkerName': async () => (await import('./copyWorkerName')).copyWorkerName,
  'distcomp.disconnect': async () => (await import('./disconnect')).disconnect,
  'distcomp.drainWorkers': async () => (await import('./drainWorkers')).drainWorkers,
  'distcomp.exportResults': async () => (await import('./exportResults')).exportResults,
  'distcomp.fetchOutput': async () => (await import('./fetchOutput')).fetchOutputFiles,
  'distcomp.filterTasks': async () => (await import('./filterTasks')).filterTasks,
  'distcomp.importConf': async () => (await import('./importConf')).importConf,
  'distcomp.launchWorkers': async () => (await import('./launchWorkers')).launchWorkers,
  'distcomp.logInToHost': async () => (await import('./logInToHost')).logInToHost,
  'distcomp.openDashboard': async () => (await import('./openDashboard')).openDashboard,
  'distcomp.openHostTerminal': async () => (await import('./openHostTerminal')).openHostTerminal,
  'distcomp.openOutputFile': async () => (await import('./openOutputFile')).openOutputFile,
  'distcomp.openQueue': async () => (await import('./openQueue')).openQueue,
  'distcomp.pauseQueue': async () => (await import('./pauseQueue')).pauseQueue,
  'distcomp.previewSubmission': async () => (await import('./previewSubmission')).previewSubmission,
  'distcomp.recoverLostWorkers': async () =>
    (await import('./recoverLostWorkers')).recoverLostWorkers,
  'distcomp.refresh': async () => (await import('./refresh')).refresh,
  'distcomp.removeFinished': async () => (await import('./removeFinished')).removeFinished,
  'distcomp.removeHosts': async () => (await import('./removeHosts')).removeHosts,
  'distcomp.restartHosts': async () => (await import('./restartHosts')).restartHosts,
  'distcomp.resumeQueue': async () => (await import('./resumeQueue')).resumeQueue,
  'distcomp.retrySameSignature': async () =>
    (await import('./retrySameSignature')).retrySameSignature,
  'distcomp.retryTasks': async () => (await import('./retryTasks')).retryTasks,
  'distcomp.retryWithMemory': async () => (await import('./retryWithMemory')).retryWithMemory,
  'distcomp.setLimits': async () => (await import('./setLimits')).setQueueLimits,
  'distcomp.showAttempt': async () => (await import('./showAttempt')).showAttempt,
  'distcomp.showHostLog': async () => (await import('./showHostLog')).showHostLog,
  'distcomp.showLog': async () => (await import('./showLog')).showLog,
  'distcomp.showMore': async () => (await import('./showMore')).showMore,
  'distcomp.showOutput': async () => (await import('./showOutput')).showOutput,
  'distcomp.startLocalCluster': async () => (await import('./startLocalCluster')).startLocalCluster,
  'distcomp.startWorker': async () => (await import('./startWorker')).startWorker,
  'distcomp.stopHosts': async () => (await import('./stopHosts')).stopHosts,
  'distcomp.stopLocalCluster': async () => (await import('./stopLocalCluster')).stopLocalCluster,
  'distcomp.stopSearch': async () => (await import('./stopSearch')).stopSearch,
  'distcomp.stopWorker': async () => (await import('./stopWorker')).stopWorker,
  'distcomp.submitSelection': async () => (await import('./submitSelection')).submitSelection,
  'distcomp.submitTasks': async () => (await import('./submitTasks')).submitTasks,
  'distcomp.switchQueue': async () => (await import('./switchQueue')).switchQueue,
  'distcomp.undo': async () => (await import('./undo')).undo,
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
