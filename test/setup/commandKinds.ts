/**
 * Every command of the extension: whether it may change a queue, a cluster or settings, or only shows
 * something. A new command is put into one of the two: one that is in neither fails a test.
 */

/** Refused in a window that is not trusted, before anything is asked or done. Those that reach hosts are among them. */
export const CHANGING: readonly string[] = [
  'distcomp.cancelTasks',
  'distcomp.cleanHosts',
  'distcomp.clearQueue',
  'distcomp.closeQueue',
  'distcomp.drainWorkers',
  'distcomp.exportResults',
  'distcomp.fetchOutput',
  'distcomp.importConf',
  'distcomp.launchWorkers',
  'distcomp.logInToHost',
  'distcomp.openHostTerminal',
  'distcomp.openQueue',
  'distcomp.pauseQueue',
  'distcomp.recoverLostWorkers',
  'distcomp.removeFinished',
  'distcomp.restartHosts',
  'distcomp.resumeQueue',
  'distcomp.retrySameSignature',
  'distcomp.retryTasks',
  'distcomp.retryWithMemory',
  'distcomp.setLimits',
  'distcomp.showHostLog',
  'distcomp.startLocalCluster',
  'distcomp.startWorker',
  'distcomp.stopHosts',
  'distcomp.stopLocalCluster',
  'distcomp.stopWorker',
  'distcomp.submitSelection',
  'distcomp.submitTasks',
  'distcomp.undo',
];

/**
 * Of no effect on Redis, and on nothing that runs. Audit Task File offers to submit what it misses, which
 * is refused then.
 */
export const WATCHING: readonly string[] = [
  'distcomp.auditTaskFile',
  'distcomp.clearFilter',
  'distcomp.compareAttempts',
  'distcomp.connect',
  'distcomp.copyTask',
  'distcomp.copyWorkerName',
  'distcomp.disconnect',
  'distcomp.filterTasks',
  'distcomp.openDashboard',
  'distcomp.openOutputFile',
  'distcomp.previewSubmission',
  'distcomp.refresh',
  'distcomp.removeHosts',
  'distcomp.showAttempt',
  'distcomp.showLog',
  'distcomp.showMore',
  'distcomp.showOutput',
  'distcomp.stopSearch',
  'distcomp.switchQueue',
  'distcomp.whyWaiting',
];
