/** Cores of this machine and how many of them are in use. */
import { cpus } from 'node:os';

/** As of the last look: to count them reads files, which takes longer than a call to Redis. */
let counted = 0;

export function cores(): number {
  if (counted === 0) look();
  return counted;
}

function look() {
  const found = cpus();
  counted = Math.max(1, found.length);
  return found;
}

/** Cores in use on the whole machine since the last call; 0 at the first. */
export class CoreMeter {
  #before: { idle: number; total: number } | undefined;

  read(): number {
    const now = times();
    const before = this.#before;
    this.#before = now;
    if (!before || now.total <= before.total) return 0;
    const busy = 1 - (now.idle - before.idle) / (now.total - before.total);
    return Math.max(0, busy) * cores();
  }
}

function times(): { idle: number; total: number } {
  let idle = 0;
  let total = 0;
  for (const { times: core } of look()) {
    idle += core.idle;
    total += core.user + core.nice + core.sys + core.idle + core.irq;
  }
  return { idle, total };
}
