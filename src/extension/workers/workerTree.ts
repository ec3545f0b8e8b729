/** The tree of the view `distcomp.workers`: workers → what they run, and what they have buffered. */
import * as vscode from 'vscode';
import type { PageRow } from '../../queue/pages';
import { commandOf } from '../../queue/rowWords';
import type { QueueWorker } from '../../queue/workers';
import type { WorkerTasks } from '../../queue/workerTasks';
import type { Store, Target } from '../store/store';
import type { Part, WorkerRows } from '../store/workerRows';
import { CommonStart } from '../tree/commonStart';
import { HeldRedraw } from '../tree/heldRedraw';
import { readTooltip } from '../tree/readTooltip';
import { ShownNodes } from '../tree/shownNodes';
import { itemOf } from './items';
import {
  type GoneNode,
  type HeldTaskNode,
  rosterNodes,
  type WorkerNode,
  type WorkersNode,
  workersNodeId,
} from './nodes';
import { workerTooltip } from './workerTooltip';

export class WorkerTree implements vscode.TreeDataProvider<WorkersNode> {
  readonly #store: Store;
  readonly #rows: WorkerRows;
  readonly #changed = new vscode.EventEmitter<WorkersNode[] | undefined>();
  #commonStart = new CommonStart();
  #shownTarget: Target | undefined;
  readonly #shown = new ShownNodes<WorkerNode | GoneNode>(workersNodeId, node =>
    JSON.stringify(itemOf(node, this.#store.now())),
  );
  readonly redraw = new HeldRedraw(() =>
    // What an unfolded worker runs goes on without a word of its own.
    this.#changed.fire(this.#shown.outdated(this.#workers(), node => this.#isUnfolded(node))),
  );

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(store: Store, rows: WorkerRows) {
    this.#store = store;
    this.#rows = rows;
  }

  dispose(): void {
    this.redraw.dispose();
    this.#changed.dispose();
  }

  getTreeItem(node: WorkersNode): vscode.TreeItem {
    return itemOf(node, this.#store.now());
  }

  /** Only what is unfolded is asked for, so only that is read from Redis. */
  async getChildren(node?: WorkersNode): Promise<WorkersNode[]> {
    switch (node?.kind) {
      case undefined:
        return this.#shown.show(this.#workers());
      case 'worker':
        return this.#tasksOf(node.worker);
      case 'buffered':
        return this.#bufferedOf(node.worker);
      default:
        return [];
    }
  }

  /** The heavy part of an item, asked for when the pointer rests on it. */
  async resolveTreeItem(item: vscode.TreeItem, node: WorkersNode): Promise<vscode.TreeItem> {
    const { queue } = this.#store;
    this.redraw.hold();
    if (node.kind === 'worker') item.tooltip = workerTooltip(node, this.#store.now());
    if (node.kind === 'task' && queue) {
      item.tooltip = await readTooltip(queue, node.row.line, this.#store.now());
    }
    return item;
  }

  #workers(): (WorkerNode | GoneNode)[] {
    const { roster } = this.#rows;
    const { state } = this.#store.link;
    if (!roster || state === 'unconfigured' || state === 'refused') return [];
    return rosterNodes(roster, name => this.#rows.held(name)?.runningCount);
  }

  #isUnfolded(node: WorkerNode | GoneNode): boolean {
    return node.kind === 'worker' && this.#rows.held(node.worker.name) !== undefined;
  }

  async #tasksOf({ name }: QueueWorker): Promise<WorkersNode[]> {
    const held = await this.#rows.unfold(name, 'running');
    if (!held) return [];
    const { runningCount, bufferedCount } = held;
    if (runningCount === undefined) return [{ kind: 'unlisted', worker: name }];
    const nodes: WorkersNode[] = this.#tasks(name, 'running', held);
    const left = runningCount - held.running.length;
    if (left > 0) nodes.push({ kind: 'moreHeld', worker: name, part: 'running', left });
    if (bufferedCount) nodes.push({ kind: 'buffered', worker: name, count: bufferedCount });
    return nodes;
  }

  async #bufferedOf(worker: string): Promise<WorkersNode[]> {
    const held = await this.#rows.unfold(worker, 'buffered');
    if (!held) return [];
    const nodes: WorkersNode[] = this.#tasks(worker, 'buffered', held);
    const left = (held.bufferedCount ?? 0) - held.buffered.length;
    if (left > 0) nodes.push({ kind: 'moreHeld', worker, part: 'buffered', left });
    return nodes;
  }

  #tasks(worker: string, part: Part, held: WorkerTasks): HeldTaskNode[] {
    const rows: PageRow[] = (
      part === 'running' ? held.running : held.buffered.map(line => ({ line }))
    ).map(task => ({ ...task, worker }));
    const { target } = this.#store;
    // Another queue's tasks begin in another way.
    if (target !== this.#shownTarget) this.#commonStart = new CommonStart();
    this.#shownTarget = target;
    this.#commonStart.see(rows.map(({ line }) => commandOf(line)));
    const { queue = '' } = target ?? {};
    return rows.map(row => ({
      kind: 'task',
      queue,
      state: 'in_progress',
      row,
      label: this.#commonStart.label(commandOf(row.line)),
      worker,
      part,
    }));
  }
}
