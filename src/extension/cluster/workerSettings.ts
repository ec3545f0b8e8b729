/** What workers take from the settings of VS Code: the same settings as in `conf.json`, by other names. */
import type { SettingKey } from '../../config/settings';

/** The settings under `distcomp.workers`, and the keys of `conf.json` that they are. */
export const WORKER_SETTINGS = {
  pipeline: 'pipeline',
  adaptivePolling: 'adaptive_polling',
  wakeup: 'wakeup',
  prefetch: 'prefetch',
  lanes: 'lanes',
  minFreeMemory: 'min_dram_gb_accept_new_task',
  giveBackMemory: 'min_dram_gb_trigger_return',
  bigTaskWaitSeconds: 'big_task_wait_seconds',
  pollSeconds: 'sleep_sec_between_accepting_task',
  maxAttempts: 'max_retry_per_task',
  retryElsewhereSeconds: 'retry_elsewhere_seconds',
  taskTimeoutSeconds: 'default_task_timeout_seconds',
  keepBackgroundProcesses: 'keep_background_processes',
  heartbeatSeconds: 'health_report_interval',
  deadSeconds: 'worker_dead_seconds',
  drainSeconds: 'drain_seconds',
  attemptRecords: 'attempt_records',
  maxResultBytes: 'max_result_bytes',
  maxOutputBytes: 'max_output_bytes',
  outputRetentionDays: 'output_retention_days',
  outputRetentionMb: 'output_retention_mb',
} as const satisfies Record<string, SettingKey>;

/** Reads one setting under `distcomp`. */
type Get = (setting: string) => unknown;

/** For the `conf.json` of workers that this window starts. What is null the workers derive from their host. */
export function workerSettings(get: Get): Record<string, unknown> {
  const entries = Object.entries(WORKER_SETTINGS).map(([setting, key]) => [
    key,
    get(`workers.${setting}`) ?? undefined,
  ]);
  return Object.fromEntries(entries);
}
