import { setTimeout as sleep } from 'node:timers/promises';
import { Ending, Untouchables } from './ending';
import { workerInstance } from './marker';
import { type ProcessInfo, processTable } from './processTable';

const LOOK_MS = 50;
const DEFAULT_GRACE_MS = 5000;

/**
 * Ends what a previous instance of a worker left running, for when its guard was killed too: everything that
 * carries the instance in its environment, what stands in a session led by such a process, and all their
 * descendants. Resolves, when none is left, to how many there were.
 */
export async function endLeftovers(instance: string, graceMs = DEFAULT_GRACE_MS): Promise<number> {
  const table = processTable();
  const ending = new Ending(table, new Untouchables(), { graceMs });
  const known = new Map<number, ProcessInfo>();
  let count = 0;
  for (;;) {
    const members = membersOf(await table.list(), known, pid => {
      return workerInstance(table.marker(pid)?.instance ?? '') === instance;
    });
    for (const one of members) {
      if (known.get(one.pid)?.startedAt !== one.startedAt) count += 1;
      known.set(one.pid, one);
    }
    ending.sweep(members);
    if (ending.over) return count;
    await sleep(LOOK_MS);
  }
}

/** `known`: found in earlier looks, by whatever evidence, which may be gone by now. */
export function membersOf(
  processes: readonly ProcessInfo[],
  known: ReadonlyMap<number, ProcessInfo>,
  isMarked: (pid: number) => boolean,
): ProcessInfo[] {
  const members = new Set(
    processes.filter(one => {
      return known.get(one.pid)?.startedAt === one.startedAt || isMarked(one.pid);
    }),
  );
  const pids = new Set([...members].map(one => one.pid));
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const one of processes) {
      if (members.has(one) || !(pids.has(one.parent) || pids.has(one.session))) continue;
      members.add(one);
      pids.add(one.pid);
    }
  }
  return [...members];
}
