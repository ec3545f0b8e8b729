/** Which Redis this window uses (the one of the settings, the local cluster, none), and its password. */
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { readAddress, type WrittenAddress } from './address';
import type { LocalCluster } from './localCluster';
import { warn } from './notices';
import type { Store, Target } from './store';

type Choice = 'settings' | 'local' | 'none';

const CHOICE = 'distcomp.connection';

export class Connections {
  readonly #context: vscode.ExtensionContext;
  readonly #store: Store;
  readonly #local: LocalCluster;
  #offered = false;

  constructor(context: vscode.ExtensionContext, store: Store, local: LocalCluster) {
    this.#context = context;
    this.#store = store;
    this.#local = local;
  }

  /** The address in the settings, as it is written there. */
  get written(): string {
    return settings().get<string>('redis.url', '').trim();
  }

  /** Follows the settings and what was chosen in this workspace. Resolves at the first answer. */
  async resume(): Promise<void> {
    const target = await this.#target();
    if (!target) return this.#store.close();
    const { state } = this.#store.link;
    const same = isDeepStrictEqual(target, this.#store.target);
    if (same && (state === 'live' || state === 'connecting')) return this.#store.settled();
    await this.#store.open(target);
  }

  /** Uses an address that was tried. The password goes to the secret storage only. */
  async useSettings(written: WrittenAddress, password: string | undefined): Promise<void> {
    const key = await secretKey(written);
    if (password) await this.#context.secrets.store(key, password);
    else await this.#context.secrets.delete(key);
    await this.#choose('settings');
    if (written.text !== this.written) await this.#write(written.text);
    await this.resume();
  }

  async useLocal(target: Target): Promise<void> {
    await this.#choose('local');
    await this.#store.open(target);
  }

  /** After the local cluster ended: back to the settings. */
  async leaveLocal(): Promise<void> {
    await this.#choose('settings');
    await this.resume();
  }

  async disconnect(): Promise<void> {
    await this.#choose('none');
    this.#store.close();
  }

  /** The password of this address, if one was given before. */
  async password(written: WrittenAddress): Promise<string | undefined> {
    return written.password ?? (await this.#context.secrets.get(await secretKey(written)));
  }

  /** Follows changes of the settings. */
  follow(onError: (error: Error) => void): vscode.Disposable {
    return vscode.workspace.onDidChangeConfiguration(change => {
      this.#settingsChanged(change).catch(onError);
    });
  }

  async #settingsChanged(change: vscode.ConfigurationChangeEvent): Promise<void> {
    const address = change.affectsConfiguration('distcomp.redis.url');
    if (address && this.#chosen() === 'none') await this.#choose('settings');
    if (address || change.affectsConfiguration('distcomp.queue')) await this.resume();
  }

  async #target(): Promise<Target | undefined> {
    const choice = this.#chosen();
    if (choice === 'none') return undefined;
    if (choice === 'local') {
      const left = await this.#local.find();
      if (left) return left;
    }
    const written = readAddress(this.written);
    if (!written) return undefined;
    if (written.password) this.#offerToMovePassword(written, written.password);
    const password = await this.password(written);
    const { describeAddress } = await import('../queue/connection');
    return {
      address: { ...written.address, ...(password ? { password } : {}) },
      queue: settings().get<string>('queue', 'default'),
      label: describeAddress(written.address),
      isLocal: false,
    };
  }

  /** Settings are files that are copied, synchronised and committed. */
  #offerToMovePassword(written: WrittenAddress, password: string): void {
    if (this.#offered) return;
    this.#offered = true;
    const { t } = vscode.l10n;
    warn(t('The setting distcomp.redis.url holds a password, for everyone to read who sees it.'), {
      title: t('Move to Secret Storage'),
      run: () => this.useSettings(written, password),
    });
  }

  #chosen(): Choice {
    return this.#context.workspaceState.get<Choice>(CHOICE, 'settings');
  }

  async #choose(choice: Choice): Promise<void> {
    await this.#context.workspaceState.update(CHOICE, choice);
  }

  /** Into the user's settings, unless the workspace has its own, which would win. */
  async #write(text: string): Promise<void> {
    const { workspaceValue } = settings().inspect('redis.url') ?? {};
    const { Global, Workspace } = vscode.ConfigurationTarget;
    await settings().update('redis.url', text, workspaceValue === undefined ? Global : Workspace);
  }
}

const settings = () => vscode.workspace.getConfiguration('distcomp');

/** By server and user: a workspace that names another server never gets this password. */
async function secretKey({ address }: WrittenAddress): Promise<string> {
  const { describeAddress } = await import('../queue/connection');
  return `redis ${address.username ?? ''}@${describeAddress(address)}`;
}
