/**
 * A Redis and workers on this machine, one cluster for each workspace folder: its tasks run there.
 * It outlives the window. A window that comes back finds it again.
 */
import { createHash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { EmbeddedRedis } from '../cluster/embedded';
import type { LocalWorkerEvent, LocalWorkers } from '../cluster/localWorkers';
import { visible } from '../tasks/words';
import { showError } from './notices';
import type { Target } from './store';
import { workerSwitches } from './workerSwitches';

interface Running {
  redis: EmbeddedRedis;
  workers: LocalWorkers;
  count: number;
  queue: string;
}

export class LocalCluster {
  readonly #context: vscode.ExtensionContext;
  readonly #log: vscode.LogOutputChannel;
  #running: Running | undefined;

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel) {
    this.#context = context;
    this.#log = log;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Starts what is not running yet. Throws RedisServerMissing or EmbeddedRedisFailed. */
  async start(): Promise<Target> {
    const { startEmbeddedRedis } = await import('../cluster/embedded');
    return this.#runOn(await startEmbeddedRedis(this.#folder()));
  }

  /** The cluster that an earlier window left running here. */
  async find(): Promise<Target | undefined> {
    const { findEmbeddedRedis } = await import('../cluster/embedded');
    const redis = await findEmbeddedRedis(this.#folder());
    return redis && this.#runOn(redis);
  }

  /** `drain`: what runs may end first. Tasks and results stay for the next start. */
  async stop(how: 'drain' | 'now'): Promise<void> {
    const running = this.#running;
    if (!running) return;
    await (how === 'drain' ? running.workers.drain() : running.workers.stop());
    await running.redis.stop();
    this.#running = undefined;
  }

  async #runOn(redis: EmbeddedRedis): Promise<Target> {
    const queue = settings().get<string>('queue', 'default');
    // Watching is all that an untrusted window may do.
    if (vscode.workspace.isTrusted) await this.#runWorkers(redis, queue);
    return {
      address: redis.address,
      queue,
      label: vscode.l10n.t('Local cluster'),
      about: `${redis.flavour} ${redis.version}`,
      isLocal: true,
    };
  }

  /** Those that run already stay, unless they serve another Redis or queue or are not as many. */
  async #runWorkers(redis: EmbeddedRedis, queue: string): Promise<void> {
    const count = settings().get<number>('local.workers', 2);
    const before = this.#running;
    const same = before?.redis.pid === redis.pid && before.queue === queue;
    if (before && same && before.count === count) return this.reconfigure();
    await before?.workers.stop();
    const workers = await this.#startWorkers(redis, count, queue);
    this.#running = { redis, workers, count, queue };
  }

  async #startWorkers(redis: EmbeddedRedis, count: number, queue: string): Promise<LocalWorkers> {
    const { startLocalWorkers } = await import('../cluster/localWorkers');
    return startLocalWorkers({
      count,
      workerBundle: vscode.Uri.joinPath(this.#context.extensionUri, 'dist', 'worker.js').fsPath,
      node: await nodeProgram(redis.folder),
      cwd: workingDirectory(),
      folder: redis.folder,
      config: confOf(redis, count, queue),
      restart: true,
      onEvent: event => this.#report(event),
    });
  }

  /** Running workers take changed settings over, apart from their number, Redis and queue. */
  async reconfigure(): Promise<void> {
    const running = this.#running;
    if (!running || !vscode.workspace.isTrusted) return;
    const { redis, count, queue, workers } = running;
    await workers.reconfigure(confOf(redis, count, queue));
  }

  #report(event: LocalWorkerEvent): void {
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

  #folder(): string {
    const key = createHash('sha256').update(workingDirectory()).digest('hex').slice(0, 12);
    return vscode.Uri.joinPath(this.#context.globalStorageUri, 'local', key).fsPath;
  }
}

/** What `conf.json` of each worker says. */
function confOf({ address, folder }: EmbeddedRedis, count: number, queue: string) {
  const lanes = settings().get<number>('local.lanes', 0);
  return {
    redis_host: address.host,
    redis_port: address.port,
    redis_pass: address.password,
    queue,
    result_dir: join(folder, 'results'),
    max_task_per_worker: lanes > 0 ? lanes : Math.ceil(availableParallelism() / count),
    ...workerSwitches(settings()),
  };
}

const settings = () => vscode.workspace.getConfiguration('distcomp');

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
