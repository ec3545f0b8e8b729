/** Memory of this machine, as far as this process may use it: the limits of its cgroups count. */
import { freemem, totalmem } from 'node:os';
import { kernelFile } from './kernelFile';

const GB = 1024 ** 3;

export interface Memory {
  totalGb: number;
  /** What new processes can take without swapping. */
  availableGb: number;
}

export function memory(): Memory {
  const text = kernelFile('/proc/meminfo');
  const ofMachine = parseMeminfo(text, 'MemTotal') ?? totalmem();
  const cgroup = cgroupMemory(ofMachine);
  const available = parseMeminfo(text, 'MemAvailable') ?? freemem();
  const total = Math.min(ofMachine, cgroup?.limit ?? Number.POSITIVE_INFINITY);
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

const CGROUP_FILES = {
  1: {
    root: '/sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    used: 'memory.usage_in_bytes',
    cache: ['total_inactive_file', 'total_active_file'],
  },
  2: {
    root: '/sys/fs/cgroup',
    limit: 'memory.max',
    used: 'memory.current',
    cache: ['inactive_file', 'active_file'],
  },
} as const;

interface CgroupUse {
  limit: number;
  used: number;
}

/** The tightest limit on the way up from this process's cgroup, and what is used under it. */
function cgroupMemory(ofMachine: number): CgroupUse | undefined {
  const cgroup = parseCgroup(kernelFile('/proc/self/cgroup'));
  if (!cgroup) return undefined;
  const uses = ancestors(cgroup.path).map(folder => cgroupUse(cgroup.version, folder, ofMachine));
  const left = ({ limit, used }: CgroupUse) => limit - used;
  return uses
    .flatMap(use => use ?? [])
    .reduce<CgroupUse | undefined>((a, b) => (a && left(a) <= left(b) ? a : b), undefined);
}

function cgroupUse(version: 1 | 2, folder: string, ofMachine: number): CgroupUse | undefined {
  const names = CGROUP_FILES[version];
  const read = (name: string) => kernelFile(`${names.root}${folder}/${name}`);
  const limit = Number.parseInt(read(names.limit), 10);
  // "max" is no number; version 1 writes no limit as a huge one.
  if (Number.isNaN(limit) || limit >= ofMachine) return undefined;
  const [used, statistics] = [read(names.used), read('memory.stat')];
  const cached = names.cache.map(field => parseStat(statistics, field));
  // The cache of files counts as used there, and is given up before anything is killed.
  return { limit, used: Math.max(0, (Number.parseInt(used, 10) || 0) - sum(cached)) };
}

/** Bytes of a field of a cgroup's `memory.stat`; 0 where there is none. */
export function parseStat(text: string, field: string): number {
  return Number(new RegExp(`^${field} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** `/a/b` → `/a/b`, `/a`, `` (the root). */
export function ancestors(path: string): string[] {
  const parts = path.split('/').filter(part => part !== '');
  const folders = parts.map((_, i) => `/${parts.slice(0, parts.length - i).join('/')}`);
  return [...folders, ''];
}
