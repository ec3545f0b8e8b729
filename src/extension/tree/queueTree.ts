/** The tree of the view `distcomp.queues`: connection → queue → states → tasks in pages. */
import * as vscode from 'vscode';
import type { TaskState } from '../../queue/states';
import type { Store } from '../store';
import { itemOf } from './items';
import { type Node, STATES, type StateNode } from './nodes';
import { taskTooltip } from './tooltip';

export class QueueTree implements vscode.TreeDataProvider<Node> {
  readonly #store: Store;
  readonly #changed = new vscode.EventEmitter<Node | undefined>();
  readonly #connection: Node = { kind: 'connection' };
  /** One object a state, so that a single one can be redrawn. */
  #states: StateNode[] = [];

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(store: Store) {
    this.#store = store;
  }

  redraw(): void {
    this.#changed.fire(undefined);
  }

  /** The tasks of one state only: their durations went on, nothing else is new. */
  redrawState(state: TaskState): void {
    const node = this.#states.find(each => each.state === state);
    if (node) this.#changed.fire(node);
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return itemOf(node, this.#store);
  }

  /** Only what is unfolded is asked for, so only that is read from Redis. */
  async getChildren(node?: Node): Promise<Node[]> {
    switch (node?.kind) {
      case undefined:
        return this.#isWorthATree() ? [this.#connection] : [];
      case 'connection':
        return this.#queues();
      case 'queue':
        this.#states = STATES.map(state => ({ kind: 'state', queue: node.queue, state }));
        return this.#states;
      case 'state':
        return this.#tasks(node);
      case 'task':
      case 'more':
        return [];
    }
  }

  /** The heavy part of an item, asked for when the pointer rests on it. */
  async resolveTreeItem(item: vscode.TreeItem, node: Node): Promise<vscode.TreeItem> {
    const { queue } = this.#store;
    if (node.kind !== 'task' || !queue) return item;
    const { details } = await import('../../queue/details');
    item.tooltip = taskTooltip(await details(queue, node.row.line), this.#store.now());
    return item;
  }

  /** Else the view shows words that say what to do next. */
  #isWorthATree(): boolean {
    const { link, isEmpty } = this.#store;
    return link.state !== 'unconfigured' && link.state !== 'refused' && !isEmpty;
  }

  /** None before the first counts: a number that is not known yet is no zero. */
  #queues(): Node[] {
    const { target, counts } = this.#store;
    return target && counts ? [{ kind: 'queue', queue: target.queue }] : [];
  }

  async #tasks({ queue, state }: StateNode): Promise<Node[]> {
    const { rows, more, ordered } = await this.#store.rows(state);
    const nodes: Node[] = rows.map(row => ({ kind: 'task', queue, state, row }));
    if (more) nodes.push({ kind: 'more', queue, state, ordered });
    return nodes;
  }
}
