/** The view `distcomp.hosts`: hosts that workers are launched on, with what is known of each. */
import * as vscode from 'vscode';
import type { Host } from '../../cluster/ssh/hosts';
import { plural } from '../../tasks/words';
import type { Store } from '../store/store';
import { ShownNodes } from '../tree/shownNodes';
import { itemOf } from './hostItems';
import type { HostEntry, HostList, Tell } from './hostList';
import { type HostsNode, hostsNodeId } from './hostNodes';
import { folderOf } from './hostSettings';
import { HOSTS_SETTING } from './hostSources';
import { type Doing, tunnelStanding } from './hostStanding';
import type { WindowTunnels } from './windowTunnels';

/** For so long what a host said is taken for true when the view is shown again. */
const FRESH_MS = 60_000;

/** A tunnel that is lost is so for longer. */
const TICK_MS = 1_000;

const VIEW = 'distcomp.hosts';

export class HostView implements vscode.TreeDataProvider<HostsNode> {
  readonly #view: vscode.TreeView<HostsNode>;
  readonly #changed = new vscode.EventEmitter<HostsNode[] | undefined>();
  readonly #shown = new ShownNodes<HostsNode>(hostsNodeId, node => JSON.stringify(itemOf(node)));
  readonly #subscriptions: { dispose(): void }[];
  readonly #note: (error: Error) => void;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #registered = 0;
  /** Of the queue that what is known of hosts is about. */
  #queueFolder: string | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(
    readonly list: HostList,
    private readonly store: Store,
    private readonly tunnels: WindowTunnels,
    note: (error: Error) => void,
  ) {
    this.#note = note;
    this.#view = vscode.window.createTreeView(VIEW, {
      treeDataProvider: this,
      canSelectMany: true,
    });
    const tick = setInterval(() => this.#tick(), TICK_MS);
    this.#subscriptions = [
      this.#view,
      this.#changed,
      list.onDidChange(() => this.#renew()),
      tunnels.onDidChange(() => this.#renew()),
      { dispose: () => clearInterval(tick) },
      store.onDidChange(() => (this.#isOfAnotherQueue() ? this.#startAnew() : this.#mindLosses())),
      this.#view.onDidChangeVisibility(({ visible }) => {
        if (visible && performance.now() - this.#lookedAt > FRESH_MS) this.refresh();
      }),
      vscode.workspace.onDidChangeConfiguration(change => {
        if (change.affectsConfiguration(HOSTS_SETTING)) list.reload().catch(note);
      }),
    ];
    this.#queueFolder = folderOf(store.target);
    if (this.#view.visible) this.refresh();
  }

  /** What is selected, for commands that were called without an item. */
  get selection(): readonly HostsNode[] {
    return this.#view.selection;
  }

  getTreeItem(node: HostsNode): vscode.TreeItem {
    return itemOf(node);
  }

  async getChildren(node?: HostsNode): Promise<HostsNode[]> {
    if (node) return [];
    await this.list.loaded();
    return this.#shown.show(this.#nodes());
  }

  /** All stand at the top. */
  getParent(): undefined {
    return undefined;
  }

  /** Asks all hosts, if the view is seen. */
  refresh(): void {
    if (!this.#view.visible) return;
    this.#lookedAt = performance.now();
    this.#lookAtAll().catch(this.#note);
  }

  /** Shows the view with this host, and leaves the keyboard where it is. */
  async show({ name }: Host): Promise<void> {
    const entry = this.list.entryOf(name);
    // Named here, it is not asked for by the change of visibility too.
    this.#lookedAt = performance.now();
    if (entry) await this.#view.reveal({ kind: 'host', entry }, { select: false, focus: false });
  }

  /** While it goes on, it stands at the hosts, and the view has a bar. */
  async during<T>(
    hosts: readonly Host[],
    doing: Doing,
    work: (tell: Tell) => Promise<T>,
  ): Promise<T> {
    return vscode.window.withProgress({ location: { viewId: VIEW } }, () =>
      this.list.during(hosts, doing, work),
    );
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #nodes(): HostsNode[] {
    return [
      ...this.list.problems.map((problem): HostsNode => ({ kind: 'hostProblem', problem })),
      ...this.list.entries.map((entry): HostsNode => ({ kind: 'host', entry: this.#led(entry) })),
    ];
  }

  /** With its tunnel. */
  #led(entry: HostEntry): HostEntry {
    const state = this.tunnels.stateOn(folderOf(this.store.target), entry.host.name);
    return { ...entry, standing: { ...entry.standing, tunnel: tunnelStanding(state) } };
  }

  #renew(): void {
    this.#view.message = message(this.tunnels.hosts.size);
    this.#changed.fire(this.#shown.outdated(this.#nodes()));
  }

  #tick(): void {
    if (!this.#view.visible) return;
    const isLost = ({ standing: { tunnel } }: HostEntry) => tunnel?.is === 'lost';
    if (this.list.entries.some(entry => isLost(this.#led(entry)))) this.#renew();
  }

  async #lookAtAll(): Promise<void> {
    await this.list.reload();
    await this.list.look(this.list.entries.map(({ host }) => host));
  }

  #isOfAnotherQueue(): boolean {
    const before = this.#queueFolder;
    this.#queueFolder = folderOf(this.store.target);
    return this.#queueFolder !== before;
  }

  #startAnew(): void {
    this.#registered = 0;
    this.list.unask();
    this.refresh();
  }

  /** With a worker that left the queue, something became of its host. */
  #mindLosses(): void {
    const registered = this.store.counts?.workers ?? 0;
    const isFewer = registered < this.#registered;
    this.#registered = registered;
    if (!isFewer || !this.#view.visible) return;
    const working = this.list.entries.filter(({ standing }) => standing.workers?.length);
    this.list.look(working.map(({ host }) => host)).catch(this.#note);
  }
}

/** What closing this window means for so many hosts. */
function message(hosts: number): string {
  if (hosts === 0) return '';
  return vscode.l10n.t(
    'Workers on {0} reach Redis through this window; while it is closed they wait.',
    plural(hosts, 'host'),
  );
}
