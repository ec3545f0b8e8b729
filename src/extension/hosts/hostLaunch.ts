/** Launching on hosts from this window: how it goes, what became of it, and the tunnels that it keeps. */
import * as vscode from 'vscode';
import type { Host } from '../../cluster/ssh/hosts';
import { type HostResult, resultWords } from '../../cluster/ssh/results';
import type { Tunnels } from '../../cluster/ssh/tunnels';
import { number, plural, visible } from '../../tasks/words';
import { command, inform, type Remedy, warn } from '../notices';
import type { Store, Target } from '../store/store';
import { confFor, needsTunnel, sshOptions, workerBundle } from './hostSettings';

/** For running tasks to end before what is replaced is left to end by itself. */
const REPLACE_SECONDS = 600;

export class HostLaunch {
  /** Of the Redis that this window last launched for; they live as long as the window. */
  #tunnels: { redis: string; tunnels: Tunnels } | undefined;

  constructor(
    private readonly extension: vscode.Uri,
    private readonly store: Store,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  async dispose(): Promise<void> {
    await this.#tunnels?.tunnels.closeAll();
  }

  /**
   * Launches one worker on each, or as many as the host's settings say, and tells what became of it.
   *
   * @param replaceSeconds for so long workers of another version may drain; undefined: they stay
   */
  async launch(hosts: readonly Host[], replaceSeconds?: number): Promise<void> {
    const { t } = vscode.l10n;
    const { target, queue } = this.store;
    if (!target || !queue) return;
    const [{ launch }, { confirm }] = await Promise.all([
      import('../../cluster/ssh/launch'),
      import('../../cluster/ssh/confirm'),
    ]);
    const way = await this.#wayTo(target);
    const title = t('Launching workers on {0}', plural(hosts.length, 'host'));
    const results = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title },
      async progress => {
        let done = 0;
        const results = await launch({
          hosts,
          workerBundle: workerBundle(this.extension),
          ...way,
          workersPerHost: 1,
          replaceSeconds,
          ssh: sshOptions(),
          onResult: result => {
            done += 1;
            const message = t('{0} of {1}', number(done), number(hosts.length));
            progress.report({ message, increment: 100 / hosts.length });
            this.#note(result);
          },
        });
        progress.report({ message: t('waiting for their heartbeats') });
        await confirm(queue, results);
        return results;
      },
    );
    this.#tell(results, way.tunnels !== undefined);
  }

  async #wayTo(target: Target): Promise<{ config: Record<string, unknown>; tunnels?: Tunnels }> {
    const config = confFor(target.address, target.queue);
    if (!needsTunnel(target.address)) return { config };
    const { tunnelled } = await import('../../cluster/ssh/redisPlace');
    const found = tunnelled(config, target.address);
    if ('problem' in found) throw new Error(found.problem);
    return { config: found.config, tunnels: await this.#tunnelsTo(found.place) };
  }

  async #tunnelsTo(place: ConstructorParameters<typeof Tunnels>[0]): Promise<Tunnels> {
    const redis = JSON.stringify(place);
    if (this.#tunnels?.redis === redis) return this.#tunnels.tunnels;
    await this.#tunnels?.tunnels.closeAll();
    const { Tunnels } = await import('../../cluster/ssh/tunnels');
    const tunnels = new Tunnels(place, sshOptions());
    tunnels.onChange(({ name }, state) => {
      if (state.is === 'up') this.log.info(`${name}: the tunnel is back`);
      if (state.is === 'down') this.log.warn(`${name}: the tunnel is lost: ${visible(state.why)}`);
    });
    this.#tunnels = { redis, tunnels };
    return tunnels;
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
      parts.push(t('{0} running already', number(workers.length - started)));
    }
    if (others > 0) parts.push(t('{0} of another version', number(others)));
    if (failed.length > 0) parts.push(t('{0} failed', plural(failed.length, 'host')));
    const sentences = [`${parts.join(' · ')}.`];
    const [first] = failed;
    if (first) sentences.push(`${first.host.name}: ${visible(first.failure?.message ?? '')}`);
    if (isTunnelled && workers.length > 0) {
      sentences.push(
        t(
          'They reach Redis through this window: when it is closed, they wait. Launch again to go on.',
        ),
      );
    }
    const text = sentences.join(' ');
    const remedies = [...this.#replacing(results), ...this.#again(failed)];
    if (!first) {
      inform(text, ...remedies);
      return;
    }
    warn(text, ...remedies, command(t('Show Log'), 'distcomp.showLog'));
  }

  #again(failed: readonly HostResult[]): Remedy[] {
    if (failed.length === 0) return [];
    const hosts = failed.map(({ host }) => host);
    return [{ title: vscode.l10n.t('Launch Again'), run: () => this.launch(hosts) }];
  }

  /** Workers of an earlier version of the extension run on until somebody wants them replaced. */
  #replacing(results: readonly HostResult[]): Remedy[] {
    const hosts = results.flatMap(({ host, workers }) =>
      workers.some(({ version }) => version === 'other') ? [host] : [],
    );
    if (hosts.length === 0) return [];
    const title = vscode.l10n.t('Replace Other Versions');
    return [{ title, run: () => this.launch(hosts, REPLACE_SECONDS) }];
  }
}
