/** The hosts of this window, and what is known of each. Who asks them or changes them tells it here. */
import type { Host } from '../../cluster/ssh/hosts';
import { type ListedHost, listedHosts, type SourceProblem } from './hostSources';
import { afterLook, type Doing, type HostStanding } from './hostStanding';
import { hostStandings } from './look';
import type { Remembered, RememberedHosts } from './rememberedHosts';

export interface HostEntry extends ListedHost {
  standing: HostStanding;
}

/** Says what a host said, or why it said nothing: what was done with it has ended. */
export type Tell = (host: Host, after: (before: HostStanding) => HostStanding) => void;

export class HostList {
  #entries = new Map<string, HostEntry>();
  #problems: readonly SourceProblem[] = [];
  #loaded: Promise<void> | undefined;
  /** What was begun last with a host: what was begun before has no say any more. */
  readonly #latest = new Map<string, symbol>();
  /** To be asked once more, by their names: somebody wanted to know while they were being asked. */
  readonly #again = new Map<string, Host>();
  readonly #listeners = new Set<() => void>();

  constructor(
    private readonly remembered: RememberedHosts,
    /** Path of the worker program here. */
    private readonly workerBundle: string,
    /** Of the queue whose workers are meant; undefined: those of all queues are. */
    private readonly queueFolder: () => string | undefined,
  ) {}

  get entries(): readonly HostEntry[] {
    return [...this.#entries.values()];
  }

  get problems(): readonly SourceProblem[] {
    return this.#problems;
  }

  entryOf(name: string): HostEntry | undefined {
    return this.#entries.get(name);
  }

  onDidChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /** Resolves when it has been read once. */
  loaded(): Promise<void> {
    this.#loaded ??= this.reload();
    return this.#loaded;
  }

  /** Reads where hosts stand; what is known of those that stay is kept. */
  async reload(): Promise<void> {
    const { hosts, problems } = await listedHosts(this.remembered.all);
    this.#entries = new Map(
      hosts.map(listed => {
        const { name } = listed.host;
        return [name, { ...listed, standing: this.#entries.get(name)?.standing ?? {} }];
      }),
    );
    this.#problems = problems;
    this.#changed();
  }

  async remember(what: Partial<Remembered>): Promise<void> {
    await this.remembered.add(what);
    await this.reload();
  }

  async forget(what: Partial<Remembered>): Promise<void> {
    await this.remembered.forget(what);
    await this.reload();
  }

  /**
   * Asks these hosts what runs there, and those that are being asked once more when they have answered. Others that
   * something is done with are left out.
   */
  async look(hosts: readonly Host[]): Promise<void> {
    const doing = ({ name }: Host) => this.entryOf(name)?.standing.doing;
    for (const host of hosts.filter(each => doing(each) === 'asking')) {
      this.#again.set(host.name, host);
    }
    const idle = hosts.filter(host => doing(host) === undefined);
    if (idle.length === 0) return;
    for (const { name } of idle) this.#again.delete(name);
    const looks: Promise<void>[] = [];
    await this.during(idle, 'asking', tell =>
      hostStandings(idle, this.workerBundle, this.queueFolder(), state => {
        tell(state.host, () => afterLook(state));
        const again = this.#again.get(state.host.name);
        if (again) looks.push(this.look([again]));
      }),
    );
    await Promise.all(looks);
  }

  /** What is known of them is of another queue. */
  unask(): void {
    this.#latest.clear();
    this.#again.clear();
    for (const { host } of this.entries) this.#set(host, () => ({}));
    this.#changed();
  }

  /** Says for as long as it goes on what is done with these hosts. */
  async during<T>(
    hosts: readonly Host[],
    doing: Doing,
    work: (tell: Tell) => Promise<T>,
  ): Promise<T> {
    const begun = Symbol(doing);
    const isLatest = ({ name }: Host) => this.#latest.get(name) === begun;
    for (const host of hosts) {
      this.#latest.set(host.name, begun);
      this.#set(host, standing => ({ ...standing, doing }));
    }
    this.#changed();
    try {
      return await work((host, after) => {
        if (!isLatest(host)) return;
        this.#set(host, before => ({ ...after(before), doing: undefined }));
        this.#changed();
      });
    } finally {
      for (const host of hosts.filter(isLatest)) {
        this.#set(host, standing => ({ ...standing, doing: undefined }));
      }
      this.#changed();
    }
  }

  #set({ name }: Host, next: (before: HostStanding) => HostStanding): void {
    const entry = this.#entries.get(name);
    if (entry) this.#entries.set(name, { ...entry, standing: next(entry.standing) });
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
