/** What the commands about hosts have in common. */
import { resolve } from 'node:path';
import { chosenHosts } from '../cluster/ssh/chosenHosts';
import { type Host, parseHost } from '../cluster/ssh/hosts';
import { queueFolder } from '../cluster/ssh/queueFolder';
import type { SshOptions } from '../cluster/ssh/transport';
import { UsageError } from './exit';
import type { ConnectionOptions } from './hostFailure';
import { ANY_HOST, type GlobalOptions, loadSettings } from './settings';

export interface HostOptions extends GlobalOptions, ConnectionOptions {
  hosts?: string;
  group?: string;
}

/** Of commands about workers that are there. */
export interface QueueOptions extends GlobalOptions {
  allQueues?: true;
}

/** @throws UsageError when there is none, NoSuchHosts with all problems */
export async function hostsFrom(words: readonly string[], options: HostOptions): Promise<Host[]> {
  const { hosts: source, group } = options;
  const hosts = await chosenHosts({ words, source, group }, process.env);
  if (hosts.length > 0) return hosts;
  throw new UsageError('No host is named. Give some, or --hosts FILE, slurm: or pbs:');
}

/** Whose workers are meant, and how they are reached. */
export interface MeantWorkers {
  hosts: Host[];
  ssh: SshOptions;
  /** As `queueFolderFrom` answers. */
  queueFolder: string | undefined;
}

/**
 * What commands about workers that are there begin with.
 *
 * @throws UsageError, NoSuchHosts
 */
export async function workersFrom(
  words: readonly string[],
  options: HostOptions & QueueOptions,
): Promise<MeantWorkers> {
  return {
    hosts: await hostsFrom(words, options),
    ssh: sshFrom(options),
    queueFolder: await queueFolderFrom(options),
  };
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

/**
 * Of the configured queue, whose workers are meant then; undefined, so that those of all queues are: where no
 * Redis is configured, or it is asked for.
 */
export async function queueFolderFrom(options: QueueOptions): Promise<string | undefined> {
  if (options.allQueues) return undefined;
  const { config, address } = await loadSettings(options, {}, ANY_HOST);
  if (address) return queueFolder(address, config.queue);
  if (options.queue === undefined) return undefined;
  throw new UsageError('A queue is told from others by its Redis too. Give --redis URL as well.');
}
