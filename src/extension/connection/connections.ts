/** Which Redis this window uses (the one of the settings, the local cluster, none), and its password. */
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { describeAddress } from '../../queue/address';
import type { LocalCluster } from '../cluster/localCluster';
import { warn } from '../notices';
import type { Store, Target } from '../store/store';
import { type Passwords, readAddress, type WrittenAddress, withPasswords } from './address';

type Choice = 'settings' | 'local' | 'none';

/** A connection that was used before. Its password, if it has one, is in the secret storage. */
export interface RecentConnection {
  /** The address as it is written in the settings. */
  text: string;
  queue: string;
}

const CHOICE = 'distcomp.connection';
const RECENT = 'distcomp.recentConnections';
const MOST_RECENT = 10;

export class Connections {
  readonly #context: vscode.ExtensionContext;
  readonly #store: Store;
  readonly #local: LocalCluster;
  #offered = false;
  /** The newest call: of calls that overlap the last one wins, and the others end with it. */
  #newest: Promise<void> | undefined;

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
  resume(): Promise<void> {
    const resumed: Promise<void> = this.#target().then(target =>
      this.#newest === resumed ? this.#open(target) : this.#newest,
    );
    this.#newest = resumed;
    return resumed;
  }

  async #open(target: Target | undefined): Promise<void> {
    if (!target) return this.#store.close();
    const { state } = this.#store.link;
    const same = isDeepStrictEqual(target, this.#store.target);
    if (same && (state === 'live' || state === 'connecting')) return this.#store.settled();
    await this.#store.open(target);
  }

  /** Those of all windows, the last one first. */
  get recent(): readonly RecentConnection[] {
    return this.#context.globalState.get<RecentConnection[]>(RECENT, []);
  }

  /** Offers it no longer, and forgets its password. */
  async forget({ text }: RecentConnection): Promise<void> {
    const written = readAddress(text);
    for (const key of written ? [secretKey(written), sentinelKey(written)] : []) {
      await this.#context.secrets.delete(key);
    }
    const others = this.recent.filter(each => each.text !== text);
    await this.#context.globalState.update(RECENT, others);
  }

  /**
   * Uses an address that was tried. The passwords go to the secret storage only.
   * @param queue another queue than the one in the settings
   * @param target which settings; without it the user's, unless the workspace has its own, which would win
   */
  async useSettings(
    written: WrittenAddress,
    passwords: Passwords,
    { queue, target }: { queue?: string; target?: vscode.ConfigurationTarget } = {},
  ): Promise<void> {
    await this.#keep(secretKey(written), passwords.password);
    if (written.address.sentinels) {
      await this.#keep(sentinelKey(written), passwords.sentinelPassword);
    }
    await this.#choose('settings');
    if (written.text !== this.written) await write('redis.url', written.text, target);
    if (queue !== undefined && queue !== queueName()) await write('queue', queue, target);
    await this.#remember({ text: written.text, queue: queueName() });
    await this.resume();
  }

  async useLocal(target: Target): Promise<void> {
    await this.#choose('local');
    this.#newest = this.#store.open(target);
    await this.#newest;
  }

  /** After the local cluster ended: back to the settings. */
  async leaveLocal(): Promise<void> {
    await this.#choose('settings');
    await this.resume();
  }

  async disconnect(): Promise<void> {
    await this.#choose('none');
    this.#newest = undefined;
    this.#store.close();
  }

  /** The passwords of this address, as far as they were given before. */
  async passwords(written: WrittenAddress): Promise<Passwords> {
    const { secrets } = this.#context;
    const { sentinels } = written.address;
    return {
      password: written.password ?? (await secrets.get(secretKey(written))),
      sentinelPassword:
        written.sentinelPassword ?? (sentinels && (await secrets.get(sentinelKey(written)))),
    };
  }

  async #keep(key: string, password: string | undefined): Promise<void> {
    if (password) await this.#context.secrets.store(key, password);
    else await this.#context.secrets.delete(key);
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
    // Another window of this folder may have started a cluster here.
    if (!written)
      return this.written === '' && choice === 'settings' ? this.#local.find() : undefined;
    const passwords = await this.passwords(written);
    if (written.password) this.#offerToMovePassword(written, passwords);
    return {
      address: withPasswords(written.address, passwords),
      queue: queueName(),
      label: describeAddress(written.address),
      isLocal: false,
    };
  }

  /** Settings are files that are copied, synchronised and committed. */
  #offerToMovePassword(written: WrittenAddress, passwords: Passwords): void {
    if (this.#offered) return;
    this.#offered = true;
    const { t } = vscode.l10n;
    warn(t('The setting distcomp.redis.url holds a password in plain text.'), {
      title: t('Move to Secret Storage'),
      run: () => this.useSettings(written, passwords),
    });
  }

  #chosen(): Choice {
    return this.#context.workspaceState.get<Choice>(CHOICE, 'settings');
  }

  async #choose(choice: Choice): Promise<void> {
    await this.#context.workspaceState.update(CHOICE, choice);
  }

  async #remember(connection: RecentConnection): Promise<void> {
    const others = this.recent.filter(each => !isDeepStrictEqual(each, connection));
    const recent = [connection, ...others].slice(0, MOST_RECENT);
    await this.#context.globalState.update(RECENT, recent);
  }
}

const settings = () => vscode.workspace.getConfiguration('distcomp');
const queueName = () => settings().get<string>('queue', 'default');

async function write(
  setting: string,
  value: string,
  target: vscode.ConfigurationTarget | undefined,
): Promise<void> {
  const { workspaceValue } = settings().inspect(setting) ?? {};
  const { Global, Workspace } = vscode.ConfigurationTarget;
  // In a window that is not trusted the workspace's own does not count.
  const ownsOne = workspaceValue !== undefined && vscode.workspace.isTrusted;
  const nearest = ownsOne ? Workspace : Global;
  await settings().update(setting, value, target ?? nearest);
}

/** By server and user: a workspace that names another server never gets this password. */
function secretKey({ address }: WrittenAddress): string {
  return `redis ${address.username ?? ''}@${describeAddress(address)}`;
}

/** By the sentinels themselves. */
const sentinelKey = ({ address }: WrittenAddress): string =>
  `sentinels ${describeAddress(address)}`;
