/**
 * The local cluster of this window: a Redis and workers on this machine, one cluster for each
 * workspace folder, since its tasks run there. Windows of one folder share it. It outlives a reload, and
 * ends with the last window or goes on, as `distcomp.local.atQuit` says.
 */
import { createHash } from 'node:crypto';
import { existsSync, unwatchFile, watchFile } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import * as vscode from 'vscode';
import type { EmbeddedRedis } from '../../cluster/embedded';
import type {
  AtQuit,
  ClusterEvent,
  ClusterOptions,
  EventReader,
} from '../../cluster/local/cluster';
import { clockTime, visible } from '../../tasks/words';
import { command, inform, showError } from '../notices';
import type { Target } from '../store/store';
import { workerSettings } from './workerSettings';

const LOOK_MS = 1_000;

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
    if (!this.#unwatch) {
      const { EventReader, eventsPath } = await import('../../cluster/local/cluster');
      this.#watch(eventsPath(redis.folder), new EventReader());
    }
    return targetOf(redis);
  }

  #leave(): void {
    if (!this.#joined) return;
    this.#joined = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#ended.fire();
  }

  /** Tells what becomes of workers from now on. */
  #watch(path: string, events: EventReader): void {
    const look = async () => {
      const text = await readFile(path, 'utf8').catch(() => '');
      for (const event of events.fresh(text)) this.#report(event);
    };
    let looking = look();
    const again = () => {
      looking = looking.then(look).catch(error => this.#log.error(error));
    };
    watchFile(path, { interval: LOOK_MS, persistent: false }, again);
    this.#unwatch = () => unwatchFile(path, again);
  }

  #report(event: ClusterEvent): void {
    if (event.type === 'clusterEnded') {
      this.#leave();
      return;
    }
    if (event.type !== 'ended') {
      this.#log.info(`Local worker ${event.slot}: process ${event.pid} ${event.type}`);
      return;
    }
    const { slot, code, reason, restartInMs } = event;
    const how = event.signal ?? (code === null ? 'gone' : `exit code ${code}`);
    this.#log.warn(`Local worker ${slot} ended: ${how}. ${reason}`);
    // Wrong settings, or a Redis that it cannot use: starting it again would change nothing.
    if (code && restartInMs === undefined) {
      showError(new Error(vscode.l10n.t('Local worker {0} ended: {1}', slot, visible(reason))));
    }
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
        workerBundle: this.#bundle('worker.js'),
        node: keeper.node,
        cwd: workingDirectory(),
        config: confOf(redis),
      }),
    };
  }

  async #keeper(): Promise<ClusterOptions['keeper']> {
    return { node: await nodeProgram(this.#folder()), keeperBundle: this.#bundle('keeper.js') };
  }

  #bundle(name: string): string {
    return vscode.Uri.joinPath(this.#context.extensionUri, 'dist', name).fsPath;
  }

  #folder(): string {
    const key = createHash('sha256').update(workingDirectory()).digest('hex').slice(0, 12);
    return vscode.Uri.joinPath(this.#context.globalStorageUri, 'local', key).fsPath;
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
  const lanes = settings().get<number>('local.lanes', 0);
  const results = settings().get<string>('local.resultFolder', '').trim();
  return {
    redis_host: address.host,
    redis_port: address.port,
    redis_pass: address.password,
    queue: queueName(),
    result_dir: results ? resolve(workingDirectory(), results) : join(folder, 'results'),
    max_task_per_worker: lanes > 0 ? lanes : Math.ceil(availableParallelism() / workerCount()),
    ...workerSettings(name => settings().get(name)),
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

/** Where tasks run: the first folder of the workspace. */
function workingDirectory(): string {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.find(folder => folder.uri.scheme === 'file')?.uri.fsPath ?? homedir();
}

/** A program that is Node. A desktop VS Code is Electron, which is Node only when it is told so. */
async function nodeProgram(folder: string): Promise<string> {
  if (!process.versions.electron) return process.execPath;
  const script = join(folder, 'node');
  const electron = `'${process.execPath.replaceAll("'", "'\\''")}'`;
  await mkdir(folder, { recursive: true });
  await writeFile(script, `#!/bin/sh\nELECTRON_RUN_AS_NODE=1 exec ${electron} "$@"\n`);
  await chmod(script, 0o700);
  return script;
}
