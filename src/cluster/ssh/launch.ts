/**
 * Launching workers on hosts: one connection a host where all is in place, three where the worker
 * program has to be sent. One bad host stops none of the others, and launching again starts only
 * what is missing.
 */
import { readFile } from 'node:fs/promises';
import { onEach, patiently } from './crowd';
import type { Host } from './hosts';
import { type Bundle, readBundle, send } from './programs';
import { newToken, SHELL } from './remoteScript';
import { type HostResult, LEFT_RUNNING, resultOf, sshResult, tunnelResult } from './results';
import { parseStartAnswer, type StartAnswer, startScript } from './startScript';
import { runOn, SshFailed, type SshOptions } from './transport';
import { TunnelFailed } from './tunnelScript';
import type { Tunnels } from './tunnels';

export interface LaunchOptions {
  /** What a host has of its own (`settings`) counts over what stands here. */
  hosts: readonly Host[];
  /** Path of `worker.js` on this machine. */
  workerBundle: string;
  /** Of the queue that they work on: `queueFolder.ts`. */
  queueFolder: string;
  /** Content of conf.json for the workers. */
  config: Record<string, unknown>;
  /** How many workers on each host. */
  workersPerHost: number;
  /** Path of Node on the hosts; undefined: it is looked for on each. */
  node?: string | undefined;
  /** Path of a Node on this machine, for hosts that have none. */
  nodeBinary?: string | undefined;
  /** Where tasks run on the hosts; undefined: the home folder there. */
  cwd?: string | undefined;
  /** Replace workers of another version, which have so many seconds to drain; undefined: they stay. */
  replaceSeconds?: number | undefined;
  ssh?: SshOptions;
  /** By which the hosts reach Redis. Those of hosts with workers stay open, and are the caller's to close. */
  tunnels?: Tunnels;
  /** As soon as it is known. */
  onResult?: (result: HostResult) => void;
}

/** What a host needs besides its drain. */
export const START_SECONDS = 120;

/** Results in the order of the hosts. */
export async function launch(options: LaunchOptions): Promise<HostResult[]> {
  const bundle = await readBundle(options.workerBundle);
  return onEach(options.hosts, host => launchOn(host, bundle, options), options.onResult);
}

async function launchOn(host: Host, bundle: Bundle, options: LaunchOptions): Promise<HostResult> {
  const { tunnels, config } = options;
  if (!tunnels) return startOn(host, bundle, options);
  try {
    const redis_socket = await patiently(() => tunnels.socketOn(host));
    const through = { ...options, config: { ...config, redis_socket } };
    const result = await startOn(host, bundle, through);
    if (result.workers.length === 0) await tunnels.close(host);
    return result;
  } catch (error) {
    if (error instanceof TunnelFailed) return tunnelResult(host, error);
    if (error instanceof SshFailed) return sshResult(host, error);
    throw error;
  }
}

async function startOn(host: Host, bundle: Bundle, options: LaunchOptions): Promise<HostResult> {
  try {
    let answer = await start(host, bundle, options);
    // Where a Node is named, that one counts, and not one that is sent.
    const isNamed = (host.settings?.node ?? options.node) !== undefined;
    if (answer?.failed?.step === 'node' && options.nodeBinary !== undefined && !isNamed) {
      await send(host, 'node', await readFile(options.nodeBinary), options.ssh);
      answer = await start(host, bundle, options);
      if (answer?.failed?.step === 'node') answer.failed.about = 'sent';
    }
    if (answer?.failed?.step === 'bundle') {
      await send(host, bundle.name, bundle.content, options.ssh);
      answer = await start(host, bundle, options);
    }
    return launchResult(host, answer);
  } catch (error) {
    if (error instanceof SshFailed) return sshResult(host, error);
    throw error;
  }
}

function launchResult(host: Host, answer: StartAnswer | undefined): HostResult {
  const result = resultOf(host, answer);
  if (answer?.refused && result.failure) result.failure.message += ` ${LEFT_RUNNING}`;
  return result;
}

async function start(
  host: Host,
  bundle: Bundle,
  options: LaunchOptions,
): Promise<StartAnswer | undefined> {
  const { settings } = host;
  const { config, queueFolder, workersPerHost, node, cwd, replaceSeconds } = options;
  const token = newToken();
  const script = startScript({
    token,
    queueFolder,
    bundle,
    config: { ...config, ...settings?.config },
    slots: Array.from({ length: settings?.workers ?? workersPerHost }, (_, i) => i + 1),
    node: settings?.node ?? node,
    cwd: settings?.cwd ?? cwd,
    environment: settings?.environment ?? {},
    replaceSeconds,
  });
  const ssh = { ...options.ssh, commandSeconds: START_SECONDS + (replaceSeconds ?? 0) };
  const { stdout } = await patiently(() => runOn(host, SHELL, script, ssh));
  return parseStartAnswer(token, stdout);
}
