/** `distcomp launch`: starts workers on hosts over SSH, on the configured queue. */
import { confirm } from '../../cluster/ssh/confirm';
import type { Host } from '../../cluster/ssh/hosts';
import { launch } from '../../cluster/ssh/launch';
import { queueFolder } from '../../cluster/ssh/queueFolder';
import { tunnelled } from '../../cluster/ssh/redisPlace';
import { type HostFailure, type HostResult, resultWords } from '../../cluster/ssh/results';
import type { SshOptions } from '../../cluster/ssh/transport';
import { Tunnels } from '../../cluster/ssh/tunnels';
import { describeAddress, type RedisAddress } from '../../queue/address';
import { connect } from '../../queue/connection';
import { Queue } from '../../queue/queue';
import { number, plural, visible } from '../../tasks/words';
import { confirmed } from '../confirm';
import { print, printJson, say } from '../console';
import { EXIT, UsageError } from '../exit';
import { type HostOptions, hostsFrom, sshFrom } from '../hostAccess';
import { withRemedy } from '../hostFailure';
import { stayForTunnels, tellTunnels } from '../keepTunnels';
import { isLoggedIn, logInTo } from '../logins';
import { ANY_HOST, loadSettings } from '../settings';
import { workerBundle } from '../workerBundle';

export interface LaunchOptions extends HostOptions {
  workers: number;
  lanes?: number;
  node?: string;
  nodeBinary?: string;
  cwd?: string;
  replace?: true;
  wait: number;
  tunnel?: true;
}

/** Returns the exit code: 1 when a host failed. */
export async function launchWorkers(words: string[], options: LaunchOptions): Promise<number> {
  const hosts = await hostsFrom(words, options);
  const overrides = options.lanes === undefined ? {} : { max_task_per_worker: options.lanes };
  const { config, address, given } = await loadSettings(options, overrides, ANY_HOST);
  if (!address) {
    throw new UsageError(
      'No Redis is configured. Give --redis URL, or a conf.json with redis_host.',
    );
  }
  const ssh = sshFrom(options);
  const folder = queueFolder(address, config.queue);
  const way = wayToRedis(given, address, folder, ssh, options);
  const redis = await connect(address, 'distcomp-cli');
  try {
    const queue = new Queue(redis, config.queue);
    say(
      `Launching on ${plural(hosts.length, 'host')} for queue "${config.queue}" at ${describeAddress(address)}.`,
    );
    const launchOn = (some: readonly Host[]) =>
      launch({
        hosts: some,
        workerBundle: workerBundle(),
        queueFolder: folder,
        ...way,
        workersPerHost: options.workers,
        node: options.node,
        nodeBinary: options.nodeBinary,
        cwd: options.cwd,
        replaceSeconds: options.replace && options.wait,
        ssh,
        onResult: result => say(`  ${described(advised(result, options), options)}`),
      });
    const first = await launchOn(hosts);
    const loggedIn = await loginsFor(first, ssh, options);
    const results = merged(first, await launchOn(loggedIn));
    await confirm(queue, results);
    const told = results.map(result => advised(result, options));
    report(told, options);
    redis.disconnect();
    return await endOf(told, way.tunnels);
  } finally {
    redis.disconnect();
    await way.tunnels?.closeAll();
  }
}

/** Where somebody can be asked, hosts that want a person get one. Returns those that are logged in to. */
async function loginsFor(
  results: readonly HostResult[],
  ssh: SshOptions,
  { json }: LaunchOptions,
): Promise<Host[]> {
  const wanting = results.flatMap(({ host, failure }) => (failure?.login ? [host] : []));
  const isAsked = !json && process.stdin.isTTY && process.stderr.isTTY;
  if (wanting.length === 0 || !isAsked) return [];
  const whose = wanting.length === 1 ? '1 host wants' : `${number(wanting.length)} hosts want`;
  const names = wanting.map(({ name }) => name).join(', ');
  if (!(await confirmed(`${whose} you to log in: ${names}. Log in now?`, false))) return [];
  return (await logInTo(wanting, ssh)).filter(isLoggedIn).map(({ host }) => host);
}

/** What came later counts, in the order of the first. */
function merged(first: readonly HostResult[], later: readonly HostResult[]): HostResult[] {
  const known = new Map(later.map(result => [result.host.name, result]));
  return first.map(result => known.get(result.host.name) ?? result);
}

/** With tunnels the end is when a signal asks for it. Returns the exit code. */
async function endOf(results: readonly HostResult[], tunnels?: Tunnels): Promise<number> {
  if (tunnels && tunnels.hosts.length > 0) {
    await stayForTunnels(tunnels);
    return EXIT.ok;
  }
  return results.some(({ failure }) => failure) ? EXIT.tasksFailed : EXIT.ok;
}

/** What workers are told of Redis, and the tunnels by which they come to it if that was asked for. */
function wayToRedis(
  given: Record<string, unknown>,
  address: RedisAddress,
  queueFolder: string,
  ssh: SshOptions,
  options: LaunchOptions,
): { config: Record<string, unknown>; tunnels?: Tunnels } {
  if (!options.tunnel) return { config: given };
  const found = tunnelled(given, address);
  if ('problem' in found) {
    throw new UsageError(`${found.problem} If the hosts can reach it, leave --tunnel out.`);
  }
  const tunnels = new Tunnels({ place: found.place, queueFolder }, ssh);
  tellTunnels(tunnels, options);
  return { config: found.config, tunnels };
}

/** With what this command has for such a failure. */
function advised(result: HostResult, options: LaunchOptions): HostResult {
  const { failure } = result;
  const advice = failure && adviceFor(result, failure, options);
  if (!advice) return result;
  return { ...result, failure: { ...failure, message: `${failure.message} ${advice}` } };
}

function adviceFor(
  { host }: HostResult,
  { step, message }: HostFailure,
  { tunnel, node = host.settings?.node, nodeBinary }: LaunchOptions,
): string | undefined {
  if (step === 'node' && node === undefined && nodeBinary === undefined) {
    return 'To send one: --node-binary FILE.';
  }
  const isAway = step === 'heartbeat' || (step === 'redis' && message.startsWith('Cannot reach'));
  if (tunnel || !isAway) return undefined;
  return 'If only this machine reaches Redis, launch with --tunnel.';
}

function described(result: HostResult, options: LaunchOptions): string {
  const isOther = result.workers.some(({ version }) => version === 'other');
  const replace = isOther ? ['--replace replaces what runs another version.'] : [];
  const warnings = [...result.warnings, ...replace].map(text => `\n    ${text}`).join('');
  return `${result.host.name}: ${visible(resultWords(withRemedy(result, options)))}${warnings}`;
}

function report(results: readonly HostResult[], options: LaunchOptions): void {
  if (options.json) {
    printJson({
      hosts: results.map(({ host, ...result }) => ({ host: host.name, ...result })),
    });
    return;
  }
  const workers = results.flatMap(result => result.workers);
  const started = workers.filter(({ state }) => state === 'started').length;
  const failed = results.filter(({ failure }) => failure);
  const parts = [`${plural(started, 'worker')} started`];
  if (workers.length > started) parts.push(`${number(workers.length - started)} already running`);
  if (failed.length > 0) parts.push(`${plural(failed.length, 'host')} failed`);
  print(parts.join(' · '));
  // What came in a crowd is said again where it can be seen.
  for (const result of failed) print(`  ${described(result, options)}`);
}
