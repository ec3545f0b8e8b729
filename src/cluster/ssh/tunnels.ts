/** The tunnels of many hosts to the Redis of one queue, each known by its host's name. */
import type { Host } from './hosts';
import type { SshOptions } from './transport';
import { Tunnel } from './tunnel';
import type { TunnelEnd } from './tunnelConnection';
import type { TunnelState } from './tunnelState';

export class Tunnels {
  readonly #tunnels = new Map<string, Tunnel>();
  readonly #listeners: ((host: Host, state: TunnelState) => void)[] = [];

  constructor(
    private readonly end: TunnelEnd,
    private readonly ssh: SshOptions = {},
  ) {}

  /** Of open tunnels, those included that are lost and tried again. */
  get hosts(): string[] {
    return [...this.#tunnels.keys()];
  }

  /** Undefined when there is none. */
  stateOn(hostName: string): TunnelState | undefined {
    return this.#tunnels.get(hostName)?.state;
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
    const tunnel = await Tunnel.open(host, this.end, this.ssh);
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
