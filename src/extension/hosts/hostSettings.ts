/** The settings about hosts, and what workers there are told of Redis. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { userSshConfig } from '../../cluster/ssh/sshConfig';
import type { SshOptions } from '../../cluster/ssh/transport';
import type { RedisAddress } from '../../queue/address';
import { workerSettings } from '../cluster/workerSettings';

const settings = () => vscode.workspace.getConfiguration('distcomp');

/** `~` is the home folder, as people write paths. */
function sshConfigFile(): string | undefined {
  const path = settings().get<string>('ssh.configFile', '').trim();
  return path ? path.replace(/^~(?=\/|$)/, homedir()) : undefined;
}

export function sshOptions(): SshOptions {
  const configFile = sshConfigFile();
  return configFile === undefined ? {} : { configFile };
}

/** Where names of hosts are found. */
export const sshConfigPath = () => sshConfigFile() ?? userSshConfig();

/** Whether hosts come to this Redis through this machine. */
export function needsTunnel({ url, host, socket, sentinels, cluster }: RedisAddress): boolean {
  const wanted = settings().get<'auto' | 'always' | 'never'>('ssh.tunnel', 'auto');
  if (wanted !== 'auto') return wanted === 'always';
  // They name other servers, to which no tunnel leads.
  if (sentinels || cluster) return false;
  const name = url === undefined ? (host ?? '') : new URL(url).hostname;
  return socket !== undefined || /^(localhost|127\..*|\[?::1\]?)$/.test(name);
}

/** Content of conf.json for workers on hosts. */
export function confFor(address: RedisAddress, queue: string): Record<string, unknown> {
  const { username, password, sentinelPassword } = address;
  return {
    ...placeFor(address),
    redis_user: username,
    redis_pass: password,
    redis_sentinel_pass: sentinelPassword,
    queue,
    ...workerSettings(name => settings().get(name)),
  };
}

function placeFor(address: RedisAddress): Record<string, unknown> {
  const { url, host, port, socket, sentinels, sentinelName, cluster, tls, db } = address;
  if (url) return { redis_url: url };
  if (cluster) return { redis_cluster: cluster, redis_tls: tls };
  const one = { redis_host: host, redis_port: port, redis_socket: socket };
  const place = sentinels ? { redis_sentinels: sentinels, redis_sentinel_name: sentinelName } : one;
  return { ...place, redis_tls: tls, redis_db: db };
}

/** The worker program in this extension. */
export const workerBundle = (extension: vscode.Uri) => join(extension.fsPath, 'dist', 'worker.js');
