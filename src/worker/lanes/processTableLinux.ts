import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { INSTANCE_VARIABLE } from './environment';
import { markerOf, NO_ENVIRONMENT } from './marker';
import type { Marker, ProcessInfo, ProcessTable } from './processTable';

/** `USER_HZ`, which is 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
const MIB = 1024 * 1024;
/** Long enough to make looks cheap on a host with thousands of processes; see `passOver`. */
const PASS_OVER_MS = 10_000;

/**
 * Reads `/proc` synchronously: a process takes 10 µs that way, and several times as much, though on
 * other threads, asynchronously.
 */
export class LinuxProcessTable implements ProcessTable {
  private readonly buffer = Buffer.alloc(4096);
  private readonly pageSize = pageSize();
  /** Until when; spread out, so that not all of them are read again in the same look. */
  private passedOver = new Map<number, number>();

  async list(): Promise<ProcessInfo[]> {
    const now = performance.now();
    const stillPassedOver = new Map<number, number>();
    const processes: ProcessInfo[] = [];
    for (const name of readdirSync('/proc')) {
      const pid = Number(name);
      if (!Number.isInteger(pid)) continue;
      const until = this.passedOver.get(pid);
      if (until !== undefined && until > now) {
        stillPassedOver.set(pid, until);
        continue;
      }
      const info = this.read(pid);
      if (info !== undefined) processes.push(info);
    }
    // A number that vanished may come back as a task's.
    this.passedOver = stillPassedOver;
    return processes;
  }

  marker(pid: number): Marker | undefined {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`);
      if (environment.length === 0) return NO_ENVIRONMENT;
      if (!environment.includes(`${INSTANCE_VARIABLE}=`)) return undefined;
      return markerOf(environment.toString('utf8').split('\0'));
    } catch {
      return undefined;
    }
  }

  startOf(pid: number): number | undefined {
    return this.read(pid)?.startedAt;
  }

  passOver(pid: number): void {
    this.passedOver.set(pid, performance.now() + PASS_OVER_MS * (1 + Math.random()));
  }

  private read(pid: number): ProcessInfo | undefined {
    let text: string;
    try {
      const file = openSync(`/proc/${pid}/stat`, 'r');
      try {
        text = this.buffer.toString(
          'latin1',
          0,
          readSync(file, this.buffer, 0, this.buffer.length, 0),
        );
      } finally {
        closeSync(file);
      }
    } catch {
      return undefined;
    }
    return parseStat(pid, text, this.pageSize);
  }
}

/** Of `/proc/<pid>/stat`. Undefined for a process that has ended. */
export function parseStat(pid: number, text: string, pageSize: number): ProcessInfo | undefined {
  // The second field is the program's name in parentheses and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  const state = fields[0];
  if (state === undefined || 'ZXx'.includes(state)) return undefined;
  return {
    pid,
    parent: field(4),
    session: field(6),
    startedAt: field(22),
    stopped: state === 'T' || state === 't',
    memoryMb: (field(24) * pageSize) / MIB,
    cpuSeconds: (field(14) + field(15) + field(16) + field(17)) / TICKS_PER_SECOND,
  };
}

/** Bytes; 4 KiB on most hosts, 16 or 64 on some ARM ones. */
function pageSize(): number {
  const map = readFileSync('/proc/self/smaps', 'latin1');
  const found = /^KernelPageSize:\s+(\d+) kB/m.exec(map);
  return found === null ? 4096 : Number(found[1]) * 1024;
}
