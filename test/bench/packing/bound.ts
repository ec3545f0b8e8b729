/** How soon a set of tasks could have ended at best, on hosts with memory and cores. Pure. */

export interface PackedTask {
  memoryGb: number;
  cores: number;
  durationMs: number;
}

export interface PackedHost {
  memoryGb: number;
  cores: number;
}

/**
 * No schedule ends sooner, ms: not before the longest task, nor before what needs more memory than the smaller
 * hosts have has gone through the larger ones, for each size of host, by memory and by cores.
 *
 * @throws RangeError when a task fits no host
 */
export function packingBoundMs(tasks: readonly PackedTask[], hosts: readonly PackedHost[]): number {
  const longest = Math.max(0, ...tasks.map(({ durationMs }) => durationMs));
  const sizes = [0, ...new Set(hosts.map(({ memoryGb }) => memoryGb))];
  return Math.max(longest, ...sizes.map(above => shareMs(tasks, hosts, above)));
}

/** What the tasks of more than so many GB take of the hosts of more. */
function shareMs(
  tasks: readonly PackedTask[],
  hosts: readonly PackedHost[],
  above: number,
): number {
  const those = tasks.filter(({ memoryGb }) => above === 0 || memoryGb > above);
  const there = hosts.filter(({ memoryGb }) => memoryGb > above);
  if (those.length === 0) return 0;
  if (there.length === 0) throw new RangeError(`a task needs more than ${above} GB`);
  const needs = (amount: (task: PackedTask) => number) =>
    those.reduce((sum, task) => sum + amount(task) * task.durationMs, 0);
  const has = (amount: (host: PackedHost) => number) =>
    there.reduce((sum, host) => sum + amount(host), 0);
  return Math.max(
    needs(({ memoryGb }) => memoryGb) / has(({ memoryGb }) => memoryGb),
    needs(({ cores }) => cores) / has(({ cores }) => cores),
  );
}
