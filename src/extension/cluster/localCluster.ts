/**
 * The local cluster of this window: a Redis and workers on this machine, one cluster for each
 * workspace folder, since its tasks run there. Windows of one folder share it. It outlives a reload, and
 * ends with the last window or goes on, as `distcomp.local.atQuit` says.
 */
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import type { EmbeddedRedis } from '../../cluster/embedded';
import type { AtQuit, ClusterOptions } from '../../cluster/local/cluster';
import { clockTime } from '../../tasks/words';
import { workerBundle } from '../hosts/hostSettings';
import { command, inform } from '../notices';
import type { Target } from '../store/store';
import { followWorkers } from './followWorkers';
import { keeperProgram, localSettings, storageFolder, workingDirectory } from './onThisMachine';

export class LocalCluster {
  readonly #context: vscode.ExtensionContext;
  readonly #log: vscode.LogOutputChannel;
  /** The Redis of the cluster that this window has joined. */
  #joined: EmbeddedRedis | undefined;
  #unwatch: (() => void) | undefined;
  readonly #ended = new vscode.EventEmitter<void>();
  /** It ended, by whichever window. */
  readonly onDidEnd = this.#ended.event;

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel) {
    this.#context = context;
    this.#log = log;
  }

  dispose(): void {
    this.#unwatch?.();
    this.#ended.dispose();
  }

  /** Whether the cluster of this folder runs, joined or not. */
  async isRunning(): Promise<boolean> {
    if (!existsSync(this.#folder())) return false;
    const { clusterRuns } = await import('../../cluster/local/cluster');
    return clusterRuns(this.#folder());
  }

  /** Starts what is not running yet. Throws RedisServerMissing or EmbeddedRedisFailed. */
  async start(): Promise<Target> {
    const { startCluster } = await import('../../cluster/local/cluster');
    const redisServer = settings().get<string>('local.redisServer', '').trim() || undefined;
    const redis = await startCluster({ ...(await this.#options()), redisServer });
    return this.#join(redis);
  }

  /** The cluster that runs here, of an earlier window or another one. */
  async find(): Promise<Target | undefined> {
    if (!existsSync(this.#folder())) return undefined;
    // Watching is all that an untrusted window may do.
    if (!vscode.workspace.isTrusted) return this.#look();
    const { joinCluster } = await import('../../cluster/local/cluster');
    const found = await joinCluster(await this.#options());
    if (!found) return undefined;
    if (found.leftSince !== undefined) sayLeft(found.leftSince);
    return this.#join(found.redis);
  }

  /** For all windows. `drain`: what runs may end first. Tasks and results stay for the next start. */
  async stop(how: 'drain' | 'stop'): Promise<void> {
    const { stopCluster } = await import('../../cluster/local/cluster');
    await stopCluster(this.#folder(), how, await this.#keeper());
    this.#leave();
  }

  /** Workers take changed settings over. */
  async reconfigure(): Promise<void> {
    if (!this.#joined || !vscode.workspace.isTrusted) return;
    const { reconfigureCluster } = await import('../../cluster/local/cluster');
    await reconfigureCluster(await this.#options(), this.#joined);
  }

  async #look(): Promise<Target | undefined> {
    const { findEmbeddedRedis } = await import('../../cluster/embedded');
    const redis = await findEmbeddedRedis(this.#folder());
    return redis && targetOf(redis);
  }

  async #join(redis: EmbeddedRedis): Promise<Target> {
    this.#joined = redis;
    this.#unwatch ??= await followWorkers(redis.folder, this.#log, () => this.#leave());
    return targetOf(redis);
  }

  #leave(): void {
    if (!this.#joined) return;
    this.#joined = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#ended.fire();
  }

  async #options(): Promise<ClusterOptions> {
    const folder = this.#folder();
    const keeper = await this.#keeper();
    return {
      folder,
      atQuit: settings().get<AtQuit>('local.atQuit', 'stop'),
      keeper,
      orderFor: redis => ({
        count: workerCount(),
        workerBundle: workerBundle(this.#context.extensionUri),
        node: keeper.node,
        cwd: workingDirectory(),
        config: confOf(redis),
      }),
    };
  }

  #keeper(): Promise<ClusterOptions['keeper']> {
    return keeperProgram(this.#context.extensionUri, this.#folder());
  }

  #folder(): string {
    return storageFolder(this.#context.globalStorageUri, 'local', workingDirectory());
  }
}

const settings = () => vscode.workspace.getConfiguration('distcomp');
const queueName = () => settings().get<string>('queue', 'default');
const workerCount = () => settings().get<number>('local.workers', 2);

function targetOf(redis: EmbeddedRedis): Target {
  return {
    address: redis.address,
    queue: queueName(),
    label: vscode.l10n.t('Local cluster'),
    about: `${redis.flavour} ${redis.version}`,
    isLocal: true,
  };
}

/** What `conf.json` of each worker says. */
function confOf({ address, folder }: EmbeddedRedis): Record<string, unknown> {
  return {
    redis_host: address.host,
    redis_port: address.port,
    redis_pass: address.password,
    queue: queueName(),
    ...localSettings(folder, workerCount()),
  };
}

function sayLeft(since: number): void {
  const { t } = vscode.l10n;
  inform(
    t(
      'The local cluster of this folder has run on without a window since {0}.',
      clockTime(since, Date.now()),
    ),
    command(t('Stop Local Cluster'), 'distcomp.stopLocalCluster'),
  );
}
