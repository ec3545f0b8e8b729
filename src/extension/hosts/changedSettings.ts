/** Workers on hosts follow the settings of this window, as they do those of a conf.json beside them. */
import * as vscode from 'vscode';
import type { ConfigureResult } from '../../cluster/ssh/configure';
import { failureWords } from '../../cluster/ssh/results';
import { visible } from '../../tasks/words';
import { workerSettings } from '../cluster/workerSettings';
import type { Store } from '../store/store';
import type { HostEntry } from './hostList';
import { folderOf, sshOptions } from './hostSettings';
import type { HostView } from './hostView';

const SETTINGS = 'distcomp.workers';

type Settings = Readonly<Record<string, unknown>>;

export class ChangedSettings {
  readonly #subscription: vscode.Disposable;
  #told = now();
  /** One after the other, so that the last one counts. */
  #telling: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: Store,
    private readonly view: HostView,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.#subscription = vscode.workspace.onDidChangeConfiguration(change => {
      if (!change.affectsConfiguration(SETTINGS)) return;
      this.#telling = this.#telling.then(() => this.#tell()).catch(error => log.error(error));
    });
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  async #tell(): Promise<void> {
    const after = now();
    const changes = changesOf(this.#told, after);
    this.#told = after;
    const queueFolder = folderOf(this.store.target);
    if (queueFolder === undefined || Object.keys(changes).length === 0) return;
    if (!vscode.workspace.isTrusted) return;
    const { list } = this.view;
    await list.loaded();
    const hosts = list.entries.filter(mayWork).map(({ host }) => host);
    if (hosts.length === 0) return;
    const { configureWorkers } = await import('../../cluster/ssh/configure');
    await this.view.during(hosts, 'configuring', tell =>
      configureWorkers({
        hosts,
        queueFolder,
        changes,
        ssh: sshOptions(),
        onResult: result => {
          this.#note(result);
          const { host, failure } = result;
          tell(host, before => (failure ? { ...before, failure } : before));
        },
      }),
    );
  }

  #note({ host: { name }, outcome, failure }: ConfigureResult): void {
    if (outcome === 'changed') this.log.info(`${name}: its workers follow the changed settings`);
    if (!failure) return;
    this.log.error(`${name}: the changed settings: ${visible(failureWords(failure))}`);
  }
}

const now = (): Settings => {
  const settings = vscode.workspace.getConfiguration('distcomp');
  return workerSettings(name => settings.get(name));
};

const changesOf = (before: Settings, after: Settings): Settings =>
  Object.fromEntries(Object.entries(after).filter(([key, value]) => value !== before[key]));

/** Unless the host said that none runs there. */
const mayWork = ({ standing: { workers } }: HostEntry) =>
  workers === undefined || workers.length > 0;
