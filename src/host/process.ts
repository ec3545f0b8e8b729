/**
 * What this machine says of itself: processes, memory, cores. Both who starts workers and the worker
 * ask here; nothing here knows of tasks or Redis.
 *
 * This file: which process a note speaks of. A pid alone may belong to another one by the time it is
 * read.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ProcessIdentity {
  pid: number;
  /** In the system's own form (clock ticks since boot, or a date): only compared. Empty: had ended. */
  startedAt: string;
  bootId: string;
  host: string;
}

/** `elsewhere`: of another machine (a folder shared over the network), so nobody here can tell. */
export type Liveness = 'running' | 'gone' | 'elsewhere';

/** Of a process of this machine. One that has ended already is `gone` for ever. */
export async function identify(pid: number): Promise<ProcessIdentity> {
  const startedAt = (await startOf(pid)) ?? '';
  return { pid, startedAt, bootId: await bootId(), host: hostname() };
}

export async function liveness(identity: ProcessIdentity): Promise<Liveness> {
  if (identity.bootId !== (await bootId())) {
    return identity.host === hostname() ? 'gone' : 'elsewhere';
  }
  return (await startOf(identity.pid)) === identity.startedAt ? 'running' : 'gone';
}

/** Sends nothing when the process is gone. */
export async function signal(identity: ProcessIdentity, name: NodeJS.Signals): Promise<void> {
  if ((await liveness(identity)) !== 'running') return;
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

let knownBootId: string | undefined;

/** One boot of this machine. */
export async function bootId(): Promise<string> {
  knownBootId ??=
    process.platform === 'linux'
      ? (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
      : (await run('sysctl', ['-n', 'kern.bootsessionuuid'])).stdout.trim();
  return knownBootId;
}

/** Undefined when there is no such process, or only what is left of an ended one. */
async function startOf(pid: number): Promise<string | undefined> {
  return process.platform === 'linux' ? startInProc(pid) : startInPs(pid);
}

async function startInProc(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field is the program's name in parentheses and may hold anything; the third is the state.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields?.[0];
  return state === undefined || 'ZX'.includes(state) ? undefined : fields?.[19];
}

async function startInPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await run('ps', ['-o', 'state=,lstart=', '-p', String(pid)]);
    const [state, ...start] = stdout.trim().split(/\s+/);
    return state === undefined || state.startsWith('Z') ? undefined : start.join(' ');
  } catch {
    return undefined;
  }
}
