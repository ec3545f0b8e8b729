/**
 * The tunnels by which hosts reach Redis through this window. They end with it; the next window of the
 * workspace opens them again.
 */
import { EventEmitter, type LogOutputChannel, l10n, type Memento } from 'vscode';
import type { Host } from '../../cluster/ssh/hosts';
import type { TunnelEnd } from '../../cluster/ssh/tunnelConnection';
import type { TunnelState } from '../../cluster/ssh/tunnelState';
import type { Tunnels } from '../../cluster/ssh/tunnels';
import { visible } from '../../tasks/words';
import { warn } from '../notices';
import { sshOptions } from './hostSettings';
import { logIn } from './logIn';

/** By the folder of a queue, the names of hosts. */
type Kept = Readonly<Record<string, readonly string[]>>;

const KEY = 'tunnels';

export class WindowTunnels {
  /** By the folder of their queue: workers of a queue that this window has left still come through it. */
  readonly #open = new Map<string, Tunnels>();
  /** Hosts whose wish for a login was told. */
  readonly #wanting = new Set<string>();
  readonly #changed = new EventEmitter<void>();

  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly memento: Memento,
    private readonly log: LogOutputChannel,
  ) {}

  async dispose(): Promise<void> {
    await Promise.all([...this.#open.values()].map(tunnels => tunnels.closeAll()));
    this.#changed.dispose();
  }

  /** Those of a queue. */
  async to(end: TunnelEnd): Promise<Tunnels> {
    const { Tunnels } = await import('../../cluster/ssh/tunnels');
    const open = this.#open.get(end.queueFolder);
    if (open) return open;
    const tunnels = new Tunnels(end, sshOptions());
    tunnels.onChange((host, state) => this.#tell(host, state));
    this.#open.set(end.queueFolder, tunnels);
    return tunnels;
  }

  /** Names of hosts with a tunnel, whichever queue their workers are on. */
  get hosts(): ReadonlySet<string> {
    return new Set([...this.#open.values()].flatMap(tunnels => tunnels.hosts));
  }

  /** Of the tunnel by which workers of a queue come from a host; undefined: there is none. */
  stateOn(queueFolder: string | undefined, host: string): TunnelState | undefined {
    return queueFolder === undefined ? undefined : this.#open.get(queueFolder)?.stateOn(host);
  }

  /** For the next window: those that are open now, and those of queues that this one has not come to. */
  async keep(): Promise<void> {
    const open = [...this.#open].map(([folder, { hosts }]) => [folder, hosts] as const);
    const kept = { ...this.memento.get<Kept>(KEY), ...Object.fromEntries(open) };
    const some = Object.entries(kept).filter(([, hosts]) => hosts.length > 0);
    await this.memento.update(KEY, Object.fromEntries(some));
    this.#changed.fire();
  }

  /** Of hosts where no worker is left: of a queue, or of all if it is undefined. */
  async close(queueFolder: string | undefined, hosts: readonly Host[]): Promise<void> {
    const meant = [...this.#open].flatMap(([folder, tunnels]) =>
      queueFolder === undefined || folder === queueFolder ? [tunnels] : [],
    );
    await Promise.all(meant.flatMap(tunnels => hosts.map(host => tunnels.close(host))));
    await this.keep();
  }

  /** Names of hosts whose tunnels for a queue the last window had. */
  keptFor(queueFolder: string): readonly string[] {
    return this.memento.get<Kept>(KEY)?.[queueFolder] ?? [];
  }

  /** Opens those of these hosts. What fails is in the log, since nobody asked for it just now. */
  async resume(end: TunnelEnd, hosts: readonly Host[]): Promise<void> {
    const [tunnels, { onEach }] = await Promise.all([
      this.to(end),
      import('../../cluster/ssh/crowd'),
    ]);
    await onEach(hosts, async host => {
      try {
        await tunnels.socketOn(host);
        this.log.info(`${host.name}: the tunnel is open again`);
        this.#changed.fire();
      } catch (error) {
        this.log.warn(
          `${host.name}: no tunnel: ${visible(String(error))}. Launch again to open it`,
        );
      }
    });
  }

  #tell(host: Host, state: TunnelState): void {
    const { name } = host;
    this.#changed.fire();
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
