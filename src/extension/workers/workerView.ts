/** The view around the tree of workers: its message, and when it is refreshed. */
import * as vscode from 'vscode';
import { lasting } from '../../tasks/words';
import type { Store } from '../store/store';
import { type Part, WorkerRows } from '../store/workerRows';
import type { WorkersNode } from './nodes';
import { WorkerTree } from './workerTree';

const TICK_MS = 1_000;

export class WorkerView {
  readonly #store: Store;
  readonly #rows: WorkerRows;
  readonly #tree: WorkerTree;
  readonly #view: vscode.TreeView<WorkersNode>;
  readonly #subscriptions: { dispose(): void }[];

  constructor(store: Store, log: (line: string) => void) {
    this.#store = store;
    this.#rows = new WorkerRows(store, log);
    this.#tree = new WorkerTree(store, this.#rows);
    this.#view = vscode.window.createTreeView('distcomp.workers', {
      treeDataProvider: this.#tree,
      canSelectMany: true,
      showCollapseAll: true,
    });
    const tick = setInterval(() => this.#tick(), TICK_MS);
    this.#subscriptions = [
      this.#view,
      this.#tree,
      this.#rows,
      { dispose: () => clearInterval(tick) },
      this.#rows.onDidChange(() => this.#show()),
      this.#view.onDidChangeVisibility(({ visible }) => this.#rows.watch(visible)),
      this.#view.onDidCollapseElement(({ element }) => this.#fold(element)),
    ];
    this.#rows.watch(this.#view.visible);
    this.#show();
  }

  /** What is selected, for commands that were called without an item. */
  get selection(): readonly WorkersNode[] {
    return this.#view.selection;
  }

  /** A command was called: whatever it changes is shown without delay. */
  release(): void {
    this.#tree.redraw.release();
  }

  /** Reads now what would be read soon anyway. */
  refresh(): void {
    this.#rows.refresh();
  }

  /** The next page of what a worker holds. */
  more(worker: string, part: Part): Promise<void> {
    return this.#rows.more(worker, part);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #fold(node: WorkersNode): void {
    if (node.kind === 'worker') this.#rows.fold(node.worker.name, 'running');
    if (node.kind === 'buffered') this.#rows.fold(node.worker, 'buffered');
  }

  #show(): void {
    this.#view.message = message(this.#store);
    this.#tree.redraw.soon();
  }

  /** Durations go on while nothing happens in the queue. */
  #tick(): void {
    if (!this.#view.visible) return;
    const { state } = this.#store.link;
    if (state === 'stale') this.#view.message = message(this.#store);
    const { redraw } = this.#tree;
    if (state === 'live' && this.#rows.isUnfolded && !redraw.isHeld) redraw.soon();
  }
}

/** What stands above the tree: that it is old, and how old. */
function message({ link }: Store): string {
  if (link.state !== 'stale') return '';
  return vscode.l10n.t('stale {0} · reconnecting', lasting(performance.now() - link.since));
}
