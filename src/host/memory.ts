/** Memory of this machine, as far as this process may use it: the limits of its cgroups count. */
import { readFile } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';

const GB = 1024 ** 3;

export interface Memory {
  totalGb: number;
  /** What new processes can take without swapping. */
  availableGb: number;
}

export async function memory(): Promise<Memory> {
  const [meminfo, cgroup] = await Promise.all([readText('/proc/meminfo'), cgroupMemory()]);
  const available = parseMeminfo(meminfo, 'MemAvailable') ?? freemem();
  const total = Math.min(totalmem(), cgroup?.limit ?? Number.POSITIVE_INFINITY);
  const left = cgroup ? Math.max(0, cgroup.limit - cgroup.used) : Number.POSITIVE_INFINITY;
  return { totalGb: total / GB, availableGb: Math.min(available, left) / GB };
}

/** Bytes of a field of /proc/meminfo, which is in kB. */
export function parseMeminfo(text: string, field: string): number | undefined {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text);
  return found?.[1] === undefined ? undefined : Number(found[1]) * 1024;
}

/** The path of a process's memory cgroup from /proc/self/cgroup: version 2, or version 1's `memory`. */
export function parseCgroup(text: string): { version: 1 | 2; path: string } | undefined {
  const entries = text.split('\n').map(line => line.split(':'));
  const first = entries.find(([, controllers]) => controllers?.split(',').includes('memory'));
  if (first?.[2] !== undefined) return { version: 1, path: first[2] };
  const second = entries.find(([id]) => id === '0');
  return second?.[2] === undefined ? undefined : { version: 2, path: second[2] };
}

/** The tightest limit on the way up from this process's cgroup, and what is used under it. */
async function cgroupMemory(): Promise<{ limit: number; used: number } | undefined> {
  const cgroup = parseCgroup(await readText('/proc/self/cgroup'));
  if (!cgroup) return undefined;
  const [root, limitFile, usedFile] =
    cgroup.version === 2
      ? ['/sys/fs/cgroup', 'memory.max', 'memory.current']
      : ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes', 'memory.usage_in_bytes'];
  let tightest: { limit: number; used: number } | undefined;
  for (const folder of ancestors(cgroup.path)) {
    const limit = Number.parseInt(await readText(`${root}${folder}/${limitFile}`), 10);
    // "max" is no number; version 1 writes no limit as a huge one.
    if (Number.isNaN(limit) || limit >= totalmem()) continue;
    const used = Number.parseInt(await readText(`${root}${folder}/${usedFile}`), 10);
    const left = limit - (used || 0);
    if (!tightest || left < tightest.limit - tightest.used) tightest = { limit, used: used || 0 };
  }
  return tightest;
}

/** `/a/b` → `/a/b`, `/a`, `` (the root). */
export function ancestors(path: string): string[] {
  const parts = path.split('/').filter(part => part !== '');
  const folders = parts.map((_, i) => `/${parts.slice(0, parts.length - i).join('/')}`);
  return [...folders, ''];
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
