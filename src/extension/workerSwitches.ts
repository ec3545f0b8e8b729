import type { WorkspaceConfiguration } from 'vscode';

/** The settings under `distcomp.workers`, and the keys of `conf.json` that they are. */
export const WORKER_SWITCHES = {
  pipeline: 'pipeline',
  adaptivePolling: 'adaptive_polling',
  wakeup: 'wakeup',
  prefetch: 'prefetch',
  lanes: 'lanes',
} as const;

/** For the `conf.json` of workers that this window starts. */
export function workerSwitches(
  settings: Pick<WorkspaceConfiguration, 'get'>,
): Record<string, unknown> {
  const entries = Object.entries(WORKER_SWITCHES).map(([setting, key]) => [
    key,
    settings.get(`workers.${setting}`),
  ]);
  return Object.fromEntries(entries);
}
