/** The tunnels of many hosts to one Redis, each known by its host's name. */
import type { Host } from './hosts';
import type { RedisPlace } from './redisPlace';
import type { SshOptions } from './transport';
import { Tunnel } from './tunnel';
import type { TunnelState } from './tunnelState';

export class Tunnels {
  readonly #tunnels = new Map<string, Tunnel>();
  readonly #listeners: ((host: Host, state: TunnelState) => void)[] = [];

  constructor(
    private readonly place: RedisPlace,
    private readonly ssh: SshOptions = {},
  ) {}

  /** Of open tunnels, those included that are lost and tried again. */
  get hosts(): string[] {
    return [...this.#tunnels.keys()];
  }

  /** What becomes of each after it has been up once. */
  onChange(listener: (host: Host, state: TunnelState) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * The path on the host by which its workers reach Redis. Opens the tunnel unless it is up.
   *
   * @throws SshFailed, TunnelFailed
   */
  async socketOn(host: Host): Promise<string> {
    const open = this.#tunnels.get(host.name);
    if (open?.state.is === 'up') return open.socket;
    await this.close(host);
    const tunnel = await Tunnel.open(host, this.place, this.ssh);
    tunnel.onChange(changed => {
      for (const listener of this.#listeners) listener(host, changed);
    });
    this.#tunnels.set(host.name, tunnel);
    return tunnel.socket;
  }

  async close({ name }: Host): Promise<void> {
    const tunnel = this.#tunnels.get(name);
    this.#tunnels.delete(name);
    await tunnel?.close();
  }

  async closeAll(): Promise<void> {
    const tunnels = [...this.#tunnels.values()];
    this.#tunnels.clear();
    await Promise.all(tunnels.map(tunnel => tunnel.close()));
  }
}
