/** Which machine this is, for telling whether a process number seen elsewhere means anything here. */
import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/**
 * Machine and process namespace: two containers of one machine do not see each other's processes,
 * so a process of one must not be declared gone by the other.
 */
export async function machineId(): Promise<string> {
  const [machine, namespace] = await Promise.all([
    readFile('/etc/machine-id', 'utf8').catch(() => hostname()),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return createHash('sha256').update(`${machine.trim()} ${namespace}`).digest('hex').slice(0, 16);
}

/** The first label of the host's name, as the original uses it, in characters that names may have. */
export function shortHostName(name = hostname()): string {
  const label = name.split('.')[0] ?? '';
  return label.replace(/[^A-Za-z0-9_-]/g, '-') || 'host';
}
