/**
 * Launching workers on hosts: one connection a host where all is in place, three where the worker
 * program has to be sent. One bad host stops none of the others, and launching again starts only
 * what is missing.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from './hosts';
import { type HostResult, resultOf, sshResult, tunnelResult } from './results';
import { parseStartAnswer, type StartAnswer, startScript, uploadCommand } from './startScript';
import { runOn, SshFailed, type SshOptions } from './transport';
import { TunnelFailed } from './tunnelScript';
import type { Tunnels } from './tunnels';

export interface LaunchOptions {
  hosts: readonly Host[];
  /** Path of `worker.js` on this machine. */
  workerBundle: string;
  /** Content of conf.json for the workers. */
  config: Record<string, unknown>;
  /** How many workers on each host. */
  workersPerHost: number;
  /** Path of Node on the hosts; undefined: it is looked for on each. */
  node?: string;
  /** Where tasks run on the hosts; undefined: the home folder there. */
  cwd?: string;
  ssh?: SshOptions;
  /** By which the hosts reach Redis. Those of hosts with workers stay open, and are the caller's to close. */
  tunnels?: Tunnels;
  /** As soon as it is known. */
  onResult?: (result: HostResult) => void;
}

/** A server of default settings drops logins from the eleventh on that are under way at once. */
const AT_ONCE = 8;
const DROPPED_TRIES = 6;
const DROPPED_WAIT_MS = 500;

/** Results in the order of the hosts. */
export async function launch(options: LaunchOptions): Promise<HostResult[]> {
  const bundle = await readBundle(options.workerBundle);
  const results: HostResult[] = [];
  const waiting = [...options.hosts.entries()];
  const takeNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [i, host] = next;
      const result = await launchOn(host, bundle, options);
      results[i] = result;
      options.onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, takeNext));
  return results;
}

interface Bundle {
  name: string;
  content: Buffer;
}

async function readBundle(path: string): Promise<Bundle> {
  const content = await readFile(path);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  return { name: `worker-${hash}.js`, content };
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
    if (answer?.failed?.step === 'bundle') {
      await send(host, bundle, options);
      answer = await start(host, bundle, options);
    }
    return resultOf(host, answer);
  } catch (error) {
    if (error instanceof SshFailed) return sshResult(host, error);
    throw error;
  }
}

async function start(
  host: Host,
  bundle: Bundle,
  { config, workersPerHost, node, cwd, ssh }: LaunchOptions,
): Promise<StartAnswer | undefined> {
  const token = `distcomp-${randomBytes(8).toString('hex')}`;
  const script = startScript({
    token,
    bundle: bundle.name,
    config,
    slots: Array.from({ length: workersPerHost }, (_, i) => i + 1),
    ...(node === undefined ? {} : { node }),
    ...(cwd === undefined ? {} : { cwd }),
  });
  const { stdout } = await patiently(() => runOn(host, 'sh -s', script, ssh));
  return parseStartAnswer(token, stdout);
}

async function send(host: Host, { name, content }: Bundle, { ssh }: LaunchOptions): Promise<void> {
  await patiently(() => runOn(host, uploadCommand(name), content, ssh));
}

/** A host with too many logins at once has room a moment later. */
async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const isDropped = error instanceof SshFailed && error.failure.kind === 'dropped';
      if (!isDropped || tries === DROPPED_TRIES) throw error;
      await sleep(DROPPED_WAIT_MS * 2 ** (tries - 1) * (0.5 + Math.random()));
    }
  }
}
