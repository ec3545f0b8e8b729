/**
 * The tunnel of one host: a unix socket there, at a path that stays, that leads to a Redis here. It is
 * kept up until it is closed. States: `tunnelState.ts`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { wantsLogin } from './failures';
import type { Host } from './hosts';
import { SshFailed, type SshOptions } from './transport';
import { connectTunnel, type TunnelConnection, type TunnelEnd } from './tunnelConnection';
import { afterEvent, FIRST, type TunnelEvent, type TunnelState } from './tunnelState';

type Ending = Omit<Extract<TunnelEvent, { is: 'ended' }>, 'is'>;

export class Tunnel {
  #state: TunnelState = FIRST;
  readonly #closing = new AbortController();
  readonly #listeners: ((state: TunnelState) => void)[] = [];
  #kept: Promise<void> = Promise.resolve();
  #socket = '';

  private constructor(
    private readonly host: Host,
    private readonly end: TunnelEnd,
    private readonly ssh: SshOptions,
  ) {}

  /**
   * Returns when it is up for the first time.
   *
   * @throws SshFailed, TunnelFailed
   */
  static async open(host: Host, end: TunnelEnd, ssh: SshOptions = {}): Promise<Tunnel> {
    const tunnel = new Tunnel(host, end, ssh);
    const first = await tunnel.#connect();
    tunnel.#socket = first.socket;
    tunnel.#kept = tunnel.#keep(first);
    return tunnel;
  }

  /** What workers on the host connect to, whichever connection is behind it. */
  get socket(): string {
    return this.#socket;
  }

  get state(): TunnelState {
    return this.#state;
  }

  onChange(listener: (state: TunnelState) => void): void {
    this.#listeners.push(listener);
  }

  /** Resolves when nothing of it is left. */
  async close(): Promise<void> {
    this.#step({ is: 'closed' });
    this.#closing.abort();
    await this.#kept;
  }

  async #keep(first: TunnelConnection): Promise<void> {
    let end: Ending = { why: await first.ended };
    while (this.#step({ is: 'ended', ...end }).is !== 'closed') {
      await this.#untilNextTry();
      if (this.#step({ is: 'trying' }).is === 'closed') return;
      end = await this.#connect().then(async ({ ended }) => ({ why: await ended }), endingOf);
    }
  }

  async #connect(): Promise<TunnelConnection> {
    const { host, end, ssh } = this;
    const connection = await connectTunnel({ host, ...end, ssh, signal: this.#closing.signal });
    this.#step({ is: 'up' });
    return connection;
  }

  async #untilNextTry(): Promise<void> {
    if (this.#state.is !== 'down') return;
    const { signal } = this.#closing;
    const waitMs = this.#state.nextTry - Date.now();
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }

  #step(event: TunnelEvent): TunnelState {
    const before = this.#state;
    this.#state = afterEvent(before, event, Date.now(), Math.random());
    if (this.#state !== before) for (const listener of this.#listeners) listener(this.#state);
    return this.#state;
  }
}

function endingOf(error: Error): Ending {
  const wants = error instanceof SshFailed && wantsLogin(error.failure);
  return { why: error.message, ...(wants && { login: true }) };
}
