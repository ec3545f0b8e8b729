import { LinuxProcessTable } from './processTableLinux';
import { PsProcessTable } from './processTablePs';

/** One look at a process. A pid names it only together with `startedAt`. */
export interface ProcessInfo {
  pid: number;
  parent: number;
  session: number;
  /** Clock ticks since boot on Linux, seconds elsewhere: only compared. */
  startedAt: number;
  stopped: boolean;
  /** MiB. */
  memoryMb: number;
  /** Its own and that of children it has waited for. */
  cpuSeconds: number;
}

/** What the environment a process was started with says about whose it is. */
export interface Marker {
  instance: string;
  taskId: string;
  worker: string;
  attempt: string;
}

/** The host's processes, as the system shows them. Ended ones that nobody has waited for are left out. */
export interface ProcessTable {
  list(): Promise<ProcessInfo[]>;
  /**
   * Undefined if it carries none or may not be read. Parts that a lane sets later are empty, all of them while it
   * has no environment, as a process has none for a moment when it executes another program.
   */
  marker(pid: number): Marker | undefined;
  /** Undefined when there is no such process. */
  startOf(pid: number): number | undefined;
  /** Leaves it out of lists for some ten seconds: it is not ours and will not become so. */
  passOver(pid: number): void;
}

export function processTable(): ProcessTable {
  return process.platform === 'linux' ? new LinuxProcessTable() : new PsProcessTable();
}
