/**
 * The tunnels by which hosts reach Redis through this window. They end with it; the next window of the
 * workspace opens them again.
 */
import { type LogOutputChannel, l10n, type Memento } from 'vscode';
import type { Host } from '../../cluster/ssh/hosts';
import type { RedisPlace } from '../../cluster/ssh/redisPlace';
import type { TunnelState } from '../../cluster/ssh/tunnelState';
import type { Tunnels } from '../../cluster/ssh/tunnels';
import { visible } from '../../tasks/words';
import { warn } from '../notices';
import { sshOptions } from './hostSettings';
import { logIn } from './logIn';

interface Kept {
  /** Where they lead, as text. */
  redis: string;
  /** Names of hosts. */
  hosts: readonly string[];
}

const KEY = 'tunnels';

export class WindowTunnels {
  /** Of the Redis that this window last launched for. */
  #open: { redis: string; tunnels: Tunnels } | undefined;
  /** Hosts whose wish for a login was told. */
  readonly #wanting = new Set<string>();

  constructor(
    private readonly memento: Memento,
    private readonly log: LogOutputChannel,
  ) {}

  async dispose(): Promise<void> {
    await this.#open?.tunnels.closeAll();
  }

  /** Those to this Redis; those to another one are closed. */
  async to(place: RedisPlace): Promise<Tunnels> {
    const redis = JSON.stringify(place);
    if (this.#open?.redis === redis) return this.#open.tunnels;
    await this.#open?.tunnels.closeAll();
    const { Tunnels } = await import('../../cluster/ssh/tunnels');
    const tunnels = new Tunnels(place, sshOptions());
    tunnels.onChange((host, state) => this.#tell(host, state));
    this.#open = { redis, tunnels };
    return tunnels;
  }

  /** For the next window: those that are open now. */
  async keep(): Promise<void> {
    const kept: Kept | undefined = this.#open && {
      redis: this.#open.redis,
      hosts: this.#open.tunnels.hosts,
    };
    await this.memento.update(KEY, kept);
  }

  /** Of hosts where no worker is left. */
  async close(hosts: readonly Host[]): Promise<void> {
    await Promise.all(hosts.map(host => this.#open?.tunnels.close(host)));
    await this.keep();
  }

  /** Names of hosts whose tunnels to this Redis the last window had. */
  keptFor(place: RedisPlace): readonly string[] {
    const kept = this.memento.get<Kept>(KEY);
    return kept?.redis === JSON.stringify(place) ? kept.hosts : [];
  }

  /** Opens those of these hosts. What fails is in the log, since nobody asked for it just now. */
  async resume(place: RedisPlace, hosts: readonly Host[]): Promise<void> {
    const [tunnels, { onEach }] = await Promise.all([
      this.to(place),
      import('../../cluster/ssh/crowd'),
    ]);
    await onEach(hosts, async host => {
      try {
        await tunnels.socketOn(host);
        this.log.info(`${host.name}: the tunnel is open again`);
      } catch (error) {
        this.log.warn(
          `${host.name}: no tunnel: ${visible(String(error))}. Launch again to open it`,
        );
      }
    });
  }

  #tell(host: Host, state: TunnelState): void {
    const { name } = host;
    if (state.is === 'up') {
      this.#wanting.delete(name);
      this.log.info(`${name}: the tunnel is back`);
    }
    if (state.is !== 'down') return;
    this.log.warn(`${name}: the tunnel is lost: ${visible(state.why)}`);
    if (!state.login || this.#wanting.has(name)) return;
    this.#wanting.add(name);
    const text = l10n.t('{0}: its tunnel is lost, and comes back once you log in again.', name);
    warn(text, { title: l10n.t('Log In…'), run: () => logIn([host]) });
  }
}
