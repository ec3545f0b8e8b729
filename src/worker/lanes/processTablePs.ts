import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { markerOf } from './marker';
import type { Marker, ProcessInfo, ProcessTable } from './processTable';

const run = promisify(execFile);
const ENDED = 'Z';

/**
 * For systems without `/proc`: macOS. Written after its manual and not tested there. Its `ps` shows no
 * session, so the process group stands for it: a lane leads both. What left the group is found by
 * its parents and its environment (which macOS hides for programs of the system itself).
 */
export class PsProcessTable implements ProcessTable {
  async list(): Promise<ProcessInfo[]> {
    const columns = 'pid=,ppid=,pgid=,stat=,rss=,time=,lstart=';
    const { stdout } = await run('ps', ['-axo', columns], options());
    return stdout.split('\n').flatMap(line => parsePsLine(line) ?? []);
  }

  marker(pid: number): Marker | undefined {
    try {
      const arguments_ = ['-Eww', '-o', 'command=', '-p', String(pid)];
      return markerOf(execFileSync('ps', arguments_, options()).split(/\s+/));
    } catch {
      return undefined;
    }
  }

  startOf(pid: number): number | undefined {
    try {
      const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], options());
      return Date.parse(text.trim()) / 1000;
    } catch {
      return undefined;
    }
  }

  /** One `ps` reads them all in any case. */
  passOver(): void {}
}

/** `lstart` is a date in words: in English, whatever the user's language. */
function options() {
  const env = { ...process.env, LC_ALL: 'C' };
  return { env, encoding: 'utf8' as const, maxBuffer: 64 * 1024 * 1024 };
}

/** `pid ppid pgid stat rss time lstart`; undefined for a process that has ended and for other lines. */
export function parsePsLine(line: string): ProcessInfo | undefined {
  const found =
    /^\s*(?<pid>\d+)\s+(?<parent>\d+)\s+(?<group>\d+)\s+(?<state>\S+)\s+(?<rss>\d+)\s+(?<time>\S+)\s+(?<start>.+)$/.exec(
      line,
    )?.groups;
  if (found === undefined || found.state?.startsWith(ENDED)) return undefined;
  return {
    pid: Number(found.pid),
    parent: Number(found.parent),
    session: Number(found.group),
    startedAt: Date.parse(found.start ?? '') / 1000,
    stopped: found.state?.startsWith('T') ?? false,
    memoryMb: Number(found.rss) / 1024,
    cpuSeconds: seconds(found.time ?? ''),
  };
}

/** `[[dd-]hh:]mm:ss[.cc]` */
function seconds(time: string): number {
  const [clock = '', days = '0'] = time.split('-').reverse();
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}
