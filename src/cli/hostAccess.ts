/** What the commands about hosts have in common. */
import { resolve } from 'node:path';
import { chosenHosts } from '../cluster/ssh/chosenHosts';
import { type Host, parseHost } from '../cluster/ssh/hosts';
import type { SshOptions } from '../cluster/ssh/transport';
import { UsageError } from './exit';
import type { ConnectionOptions } from './hostFailure';
import type { GlobalOptions } from './settings';

export interface HostOptions extends GlobalOptions, ConnectionOptions {
  hosts?: string;
  group?: string;
}

/** @throws UsageError when there is none, NoSuchHosts with all problems */
export async function hostsFrom(words: readonly string[], options: HostOptions): Promise<Host[]> {
  const { hosts: source, group } = options;
  const hosts = await chosenHosts({ words, source, group }, process.env);
  if (hosts.length > 0) return hosts;
  throw new UsageError('No host is named. Give some, or --hosts FILE, slurm: or pbs:');
}

/** @throws UsageError when it is none */
export function hostFrom(word: string): Host {
  const host = parseHost(word);
  if ('problem' in host) throw new UsageError(host.problem);
  return host;
}

export function sshFrom({ sshConfig }: ConnectionOptions): SshOptions {
  return sshConfig === undefined ? {} : { configFile: resolve(sshConfig) };
}
