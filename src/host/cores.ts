/** Cores of this machine and how many of them are in use. */
import { cpus } from 'node:os';
import { kernelFile } from './kernelFile';

/** Time of all cores together since the machine started, in a unit of its own. */
export interface CoreTimes {
  cores: number;
  idle: number;
  total: number;
}

/** As of the last look: to count them reads files. */
let counted = 0;

export function cores(): number {
  if (counted === 0) look();
  return counted;
}

/** Cores in use on the whole machine since the last call; 0 at the first. */
export class CoreMeter {
  #before: CoreTimes | undefined;

  read(): number {
    const now = look();
    const before = this.#before;
    this.#before = now;
    if (!before || now.total <= before.total) return 0;
    const busy = 1 - (now.idle - before.idle) / (now.total - before.total);
    return Math.max(0, busy) * now.cores;
  }
}

function look(): CoreTimes {
  const times = parseStat(kernelFile('/proc/stat')) ?? timesOf(cpus());
  counted = times.cores;
  return times;
}

/** What stands in Linux's `/proc/stat`; undefined where that is something else. A core that waits for a disk is idle. */
export function parseStat(text: string): CoreTimes | undefined {
  const all = /^cpu +([\d ]+)$/m.exec(text)?.[1]?.split(' ').map(Number);
  if (!all) return undefined;
  // The time of guests stands behind these, and is counted in the first two already.
  const [user = 0, nice = 0, system = 0, idle = 0, waits = 0, irq = 0, softIrq = 0, stolen = 0] =
    all;
  const busy = user + nice + system + irq + softIrq + stolen;
  const found = text.match(/^cpu\d+ /gm)?.length ?? 1;
  return { cores: found, idle: idle + waits, total: busy + idle + waits };
}

/** `cpus` reads a file of each core for its frequency, which nobody needs. */
function timesOf(found: ReturnType<typeof cpus>): CoreTimes {
  let idle = 0;
  let total = 0;
  for (const { times } of found) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { cores: Math.max(1, found.length), idle, total };
}
