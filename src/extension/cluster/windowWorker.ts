/**
 * A worker on this machine for the queue that a window shows, where another Redis holds it. It is kept as those
 * of a local cluster are: one for each workspace folder and queue, through a reload, until its last window is
 * closed.
 */
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import type { WorkersOptions } from '../../cluster/local/cluster';
import { placeOf } from '../connection/place';
import { confFor, workerBundle } from '../hosts/hostSettings';
import type { Store, Target } from '../store/store';
import { followWorkers } from './followWorkers';
import { keeperProgram, localSettings, storageFolder, workingDirectory } from './onThisMachine';

export class WindowWorker {
  readonly #context: vscode.ExtensionContext;
  readonly #store: Store;
  readonly #log: vscode.LogOutputChannel;
  /** The folders whose workers this window follows. */
  readonly #followed = new Map<string, () => void>();
  #resumed: Target | undefined;

  constructor(context: vscode.ExtensionContext, store: Store, log: vscode.LogOutputChannel) {
    this.#context = context;
    this.#store = store;
    this.#log = log;
  }

  dispose(): void {
    for (const unfollow of this.#followed.values()) unfollow();
  }

  async isRunning(target: Target): Promise<boolean> {
    const folder = this.#folder(target);
    if (!existsSync(folder)) return false;
    const { workersRun } = await import('../../cluster/local/cluster');
    return workersRun(folder);
  }

  /** Starts it if it does not run. */
  async start(target: Target): Promise<void> {
    const { startWorkers } = await import('../../cluster/local/cluster');
    const options = await this.#options(target);
    await startWorkers(options);
    await this.#follow(options.folder);
  }

  /** For all windows of this folder. `drain`: what runs may end first. */
  async stop(target: Target, how: 'drain' | 'stop'): Promise<void> {
    const { stopCluster } = await import('../../cluster/local/cluster');
    const { folder, keeper } = await this.#options(target);
    await stopCluster(folder, how, keeper);
  }

  /** After a reload of the window, or when another one has started it: this one keeps it too. */
  async resume(): Promise<void> {
    const { target, link } = this.#store;
    if (!target || target === this.#resumed || link.state !== 'live') return;
    this.#resumed = target;
    await this.#join(target);
  }

  /** It takes changed settings over. */
  async reconfigure(): Promise<void> {
    const { target } = this.#store;
    if (target) await this.#join(target);
  }

  async #join(target: Target): Promise<void> {
    if (!vscode.workspace.isTrusted || !existsSync(this.#folder(target))) return;
    const { joinWorkers } = await import('../../cluster/local/cluster');
    const options = await this.#options(target);
    if (await joinWorkers(options)) await this.#follow(options.folder);
  }

  async #follow(folder: string): Promise<void> {
    if (this.#followed.has(folder)) return;
    this.#followed.set(folder, () => undefined);
    const end = () => {
      this.#followed.get(folder)?.();
      this.#followed.delete(folder);
    };
    this.#followed.set(folder, await followWorkers(folder, this.#log, end));
  }

  async #options(target: Target): Promise<WorkersOptions> {
    const folder = this.#folder(target);
    const keeper = await keeperProgram(this.#context.extensionUri, folder);
    return {
      folder,
      keeper,
      order: {
        count: 1,
        workerBundle: workerBundle(this.#context.extensionUri),
        node: keeper.node,
        cwd: workingDirectory(),
        config: { ...confFor(target.address, target.queue), ...localSettings(folder, 1) },
      },
    };
  }

  #folder(target: Target): string {
    const key = `${workingDirectory()}\n${placeOf(target)}`;
    return storageFolder(this.#context.globalStorageUri, 'worker', key);
  }
}
