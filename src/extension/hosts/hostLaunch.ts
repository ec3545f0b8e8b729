/** Launching on hosts from this window: how it goes, and what became of it. */
import * as vscode from 'vscode';
import type { Host } from '../../cluster/ssh/hosts';
import type { LaunchOptions } from '../../cluster/ssh/launch';
import type { Tunnelled } from '../../cluster/ssh/redisPlace';
import { type HostResult, resultWords } from '../../cluster/ssh/results';
import type { Tunnels } from '../../cluster/ssh/tunnels';
import { number, plural, visible } from '../../tasks/words';
import type { Remedy } from '../notices';
import type { Store, Target } from '../store/store';
import { confFor, folderOf, needsTunnel, sshOptions, workerBundle } from './hostSettings';
import { afterLaunch } from './hostStanding';
import type { HostView } from './hostView';
import { tellOutcome } from './outcome';
import type { WindowTunnels } from './windowTunnels';

/** For running tasks to end before what is replaced is left to end by itself. */
const REPLACE_SECONDS = 600;

interface MoreOptions {
  /** For so long workers of another version may drain; undefined: they stay. */
  replaceSeconds?: number;
  /** Path of a Node here, for hosts that have none. */
  nodeBinary?: string;
}

export class HostLaunch {
  /** For which tunnels were opened again. */
  #resumed: Target | undefined;

  constructor(
    private readonly extension: vscode.Uri,
    private readonly store: Store,
    private readonly view: HostView,
    private readonly tunnels: WindowTunnels,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Launches one worker on each, or as many as the host's settings say, and tells what became of it. */
  async launch(hosts: readonly Host[], more: MoreOptions = {}): Promise<void> {
    const { target, queue } = this.store;
    if (!target || !queue) return;
    const [{ launch }, { confirm }] = await Promise.all([
      import('../../cluster/ssh/launch'),
      import('../../cluster/ssh/confirm'),
    ]);
    const [first] = hosts;
    if (first) await this.view.show(first);
    const way = await this.#wayTo(target);
    const options = {
      hosts,
      workerBundle: workerBundle(this.extension),
      ...way,
      workersPerHost: 1,
      ...more,
      ssh: sshOptions(),
    };
    const results = await this.view.during(hosts, 'launching', async tell => {
      const onResult = (result: HostResult) => {
        this.#note(result);
        tell(result.host, before => afterLaunch(before, result));
      };
      const results = await launch({ ...options, onResult });
      await confirm(queue, results);
      // Some may not have been seen at Redis.
      for (const result of results) tell(result.host, before => afterLaunch(before, result));
      return results;
    });
    if (way.tunnels) await this.tunnels.keep();
    this.#tell(results, way.tunnels !== undefined);
  }

  /** Of hosts that the last window of this workspace led to this Redis. */
  async resumeTunnels(): Promise<void> {
    const { target } = this.store;
    if (!target || target === this.#resumed || this.store.link.state !== 'live') return;
    this.#resumed = target;
    const { sentinels, cluster } = target.address;
    // No tunnel leads there, so none can have been left.
    if (sentinels || cluster) return;
    if (!vscode.workspace.isTrusted || !needsTunnel(target.address)) return;
    const queueFolder = folderOf(target);
    const names = this.tunnels.keptFor(queueFolder);
    if (names.length === 0) return;
    const { place } = await this.#tunnelled(target);
    const { list } = this.view;
    await list.loaded();
    const hosts = names.flatMap(name => list.entryOf(name)?.host ?? []);
    await this.tunnels.resume({ place, queueFolder }, hosts);
  }

  async #wayTo(
    target: Target,
  ): Promise<Pick<LaunchOptions, 'queueFolder' | 'config'> & { tunnels?: Tunnels }> {
    const queueFolder = folderOf(target);
    if (!needsTunnel(target.address)) {
      return { queueFolder, config: confFor(target.address, target.queue) };
    }
    const { config, place } = await this.#tunnelled(target);
    return { queueFolder, config, tunnels: await this.tunnels.to({ place, queueFolder }) };
  }

  async #tunnelled({ address, queue }: Target): Promise<Tunnelled> {
    const { tunnelled } = await import('../../cluster/ssh/redisPlace');
    const found = tunnelled(confFor(address, queue), address);
    if ('problem' in found) {
      const { t } = vscode.l10n;
      const otherwise = t('If the hosts can reach it, set distcomp.ssh.tunnel to never.');
      throw new Error(`${found.problem} ${otherwise}`);
    }
    return found;
  }

  #note(result: HostResult): void {
    const text = `${result.host.name}: ${visible(resultWords(result))}`;
    if (result.failure) this.log.error(text);
    else this.log.info(text);
    for (const warning of result.warnings) this.log.warn(`${result.host.name}: ${warning}`);
  }

  #tell(results: readonly HostResult[], isTunnelled: boolean): void {
    const { t } = vscode.l10n;
    const workers = results.flatMap(result => result.workers);
    const started = workers.filter(({ state }) => state === 'started').length;
    const failed = results.filter(({ failure }) => failure);
    const others = workers.filter(({ version }) => version === 'other').length;
    const parts = [t('{0} started', plural(started, 'worker'))];
    if (workers.length > started) {
      parts.push(t('{0} already running', number(workers.length - started)));
    }
    if (others > 0) parts.push(t('{0} of another version', number(others)));
    tellOutcome({
      results,
      done: parts.join(' · '),
      also:
        isTunnelled && workers.length > 0
          ? t('They reach Redis through this window: while it is closed, they wait.')
          : undefined,
      remedies: [...this.#replacing(results), ...this.#sending(failed), ...this.#again(failed)],
      again: hosts => this.launch(hosts),
    });
  }

  /** A Node from here, for hosts that have none. */
  #sending(failed: readonly HostResult[]): Remedy[] {
    const { t } = vscode.l10n;
    const isWithout = ({ host, failure }: HostResult) =>
      failure?.step === 'node' && host.settings?.node === undefined;
    const hosts = failed.filter(isWithout).map(({ host }) => host);
    if (hosts.length === 0) return [];
    const run = async () => {
      const title = t('A Node program for these hosts');
      const openLabel = t('Send');
      const [file] = (await vscode.window.showOpenDialog({ title, openLabel })) ?? [];
      if (file) await this.launch(hosts, { nodeBinary: file.fsPath });
    };
    return [{ title: t('Send a Node…'), run }];
  }

  #again(failed: readonly HostResult[]): Remedy[] {
    const hosts = failed.filter(({ failure }) => !failure?.login).map(({ host }) => host);
    if (hosts.length === 0) return [];
    return [{ title: vscode.l10n.t('Launch Again'), run: () => this.launch(hosts) }];
  }

  /** Workers of an earlier version of the extension run on until somebody wants them replaced. */
  #replacing(results: readonly HostResult[]): Remedy[] {
    const hosts = results.flatMap(({ host, workers }) =>
      workers.some(({ version }) => version === 'other') ? [host] : [],
    );
    if (hosts.length === 0) return [];
    const title = vscode.l10n.t('Replace Other Versions');
    return [{ title, run: () => this.launch(hosts, { replaceSeconds: REPLACE_SECONDS }) }];
  }
}
