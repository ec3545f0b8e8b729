import type { SettingKey } from './settings';
import type { ConfigProblem, Layer } from './sources';

/** The machine that will run tasks by a configuration. */
export interface Host {
  /** All its memory, or what its cgroup allows. */
  memoryGb: number;
  cores: number;
}

/** After how many seconds without a heartbeat a worker is lost, where nothing else is configured. */
export const WORKER_DEAD_SECONDS = 30;

/**
 * The defaults that depend on the host or on other settings. A laptop must start tasks by them and a
 * node with 256 GB must keep room for its system: a fixed number would be wrong on one of them.
 */
export function derivedDefaults(given: Layer, host: Host) {
  const accept = numberOf(given, 'min_dram_gb_accept_new_task');
  const giveBack = numberOf(given, 'min_dram_gb_trigger_return');
  const interval = numberOf(given, 'health_report_interval') ?? 0;
  // Where one threshold is given, the other one keeps the order of the two.
  const acceptDefault = Math.max(Math.min(host.memoryGb / 10, 32), giveBack ?? 0);
  const giveBackDefault = Math.min(host.memoryGb / 20, 16, accept ?? Infinity);
  return {
    min_dram_gb_accept_new_task: rounded(acceptDefault),
    min_dram_gb_trigger_return: Math.max(rounded(giveBackDefault), 0),
    max_task_per_worker: Math.min(Math.max(Math.floor(host.cores), 1), 1024),
    worker_dead_seconds: Math.max(WORKER_DEAD_SECONDS, 5 * interval),
  } satisfies Partial<Record<SettingKey, number>>;
}

/** Hundredths of a GB: enough for the smallest container, and readable. */
function rounded(gb: number): number {
  return Math.round(gb * 100) / 100;
}

/**
 * Settings that are right each by itself and together, or on this host, would stop all work: thresholds
 * that no free memory reaches start nothing, and nobody says why.
 */
export function contradictions(given: Layer, host: Host): ConfigProblem[] {
  const defaults = derivedDefaults(new Map(), host);
  const problems: ConfigProblem[] = [];
  const report = (key: SettingKey, text: string) => {
    problems.push({ key, message: `${given.get(key)?.name ?? key} ${text}` });
  };

  const thresholds = ['min_dram_gb_accept_new_task', 'min_dram_gb_trigger_return'] as const;
  for (const key of thresholds) {
    const value = numberOf(given, key);
    if (value === undefined || value < host.memoryGb) continue;
    const memory = `${rounded(host.memoryGb)} GB that this host has`;
    const remedy = `Write less, as ${defaults[key]}, or leave it out`;
    report(key, `must be less than the ${memory}, found ${value}: no task would start. ${remedy}`);
  }

  const accept = numberOf(given, 'min_dram_gb_accept_new_task');
  const giveBack = numberOf(given, 'min_dram_gb_trigger_return');
  if (accept !== undefined && giveBack !== undefined && giveBack > accept) {
    const limit = `min_dram_gb_accept_new_task, which is ${accept}`;
    const text = `must be at most ${limit}, found ${giveBack}: tasks would be started and given back`;
    report('min_dram_gb_trigger_return', text);
  }

  const dead = numberOf(given, 'worker_dead_seconds');
  const interval = numberOf(given, 'health_report_interval') ?? 2;
  if (dead !== undefined && dead < 3 * interval) {
    const limit = `three times health_report_interval, which is ${interval}`;
    const text = `must be at least ${limit}, found ${dead}: a living worker would count as lost`;
    report('worker_dead_seconds', `${text}. Write ${3 * interval} or more`);
  }
  return problems;
}

/** A given value if it is a number at all; whether it is a good one the schema says. */
function numberOf(given: Layer, key: SettingKey): number | undefined {
  const value = given.get(key)?.value;
  return typeof value === 'number' ? value : undefined;
}
