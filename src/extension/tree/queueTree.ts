/** The tree of the view `distcomp.queues`: connection → queue → states → tasks in pages. */
import * as vscode from 'vscode';
import { commandOf } from '../../queue/rowWords';
import type { TaskState } from '../../queue/states';
import type { Filter } from '../store/filter';
import type { Rows } from '../store/rows';
import type { Store, Target } from '../store/store';
import { CommonStart } from './commonStart';
import { HeldRedraw } from './heldRedraw';
import { itemOf } from './items';
import { type Node, nodeId, type QueueNode, STATES, type StateNode, type TaskNode } from './nodes';
import { readTooltip } from './readTooltip';
import { remediesFor } from './remedies';
import { ShownTasks } from './shownTasks';

export class QueueTree implements vscode.TreeDataProvider<Node> {
  readonly #store: Store;
  readonly #filter: Filter;
  readonly #changed = new vscode.EventEmitter<Node[] | undefined>();
  readonly #connection: Node = { kind: 'connection' };
  /** The same object as long as it is shown, so that it can be redrawn alone; so are the states. */
  #queue: QueueNode | undefined;
  #states: StateNode[] = [];
  /** How nodes look that have others under them, by their ids, as VS Code has them now. */
  readonly #looks = new Map<string, string>();
  readonly #shown = new ShownTasks();
  #commonStart = new CommonStart();
  readonly #redraw = new HeldRedraw(() => this.#changed.fire(this.#outdated()));
  #shownState: string | undefined;
  #shownTarget: Target | undefined;
  #shownShape = '';

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(store: Store, filter: Filter) {
    this.#store = store;
    this.#filter = filter;
  }

  dispose(): void {
    this.#redraw.dispose();
    this.#changed.dispose();
  }

  /** Shows what is new: at once, or when the tooltip that someone reads had its time. */
  redraw(): void {
    const { isEmpty, link, target } = this.#store;
    // Another queue's tasks begin in another way.
    if (isEmpty || target !== this.#shownTarget) this.#commonStart = new CommonStart();
    this.#shownTarget = target;
    // Whether it is live is never shown late: a tooltip gives way to that.
    if (link.state !== this.#shownState) this.#redraw.letGo();
    this.#shownState = link.state;
    this.#redraw.soon();
  }

  /** One state only: the durations of its tasks went on, and they may have come to be known. */
  redrawState(state: TaskState): void {
    if (this.#redraw.isHeld) return;
    const node = this.#states.find(each => each.state === state);
    if (node && this.#looksOtherwise(node)) this.#changed.fire([node]);
    else this.#changed.fire([...this.#shown.of(state)]);
  }

  /**
   * As little as says something new. What is under a redrawn item VS Code forgets until it has asked again,
   * and a command that is chosen from the menu of such a row meanwhile is called without the row. Undefined:
   * all of it.
   */
  #outdated(): Node[] | undefined {
    const { isOn } = this.#filter;
    const top = this.#isWorthATree() || this.#remedies();
    const shape = JSON.stringify([top, this.#queues(), isOn]);
    if (shape !== this.#shownShape || !this.#queue) {
      this.#shownShape = shape;
      return undefined;
    }
    if (this.#looksOtherwise(this.#connection)) return [this.#connection];
    if (isOn || this.#looksOtherwise(this.#queue)) return [this.#queue];
    return this.#states.flatMap(node => this.#outdatedIn(node));
  }

  #outdatedIn(node: StateNode): Node[] {
    if (this.#looksOtherwise(node)) return [node];
    const rows = this.#store.known(node.state);
    this.#commonStart.see(rows?.rows.map(({ line }) => commandOf(line)) ?? []);
    const outdated = this.#shown.outdated(node.state, rows, line => this.#labelOf(line));
    return outdated === 'list' ? [node] : outdated;
  }

  #labelOf(line: string): string {
    return this.#commonStart.label(commandOf(line));
  }

  #looksOtherwise(node: Node): boolean {
    const item = itemOf(node, this.#store, this.#filter);
    return JSON.stringify(item) !== this.#looks.get(nodeId(node));
  }

  /** Shows what is new now: who acts reads no tooltip any more. */
  release(): void {
    this.#redraw.release();
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const item = itemOf(node, this.#store, this.#filter);
    if (node.kind !== 'task') this.#looks.set(nodeId(node), JSON.stringify(item));
    return item;
  }

  /** Only what is unfolded is asked for, so only that is read from Redis. */
  async getChildren(node?: Node): Promise<Node[]> {
    switch (node?.kind) {
      case undefined:
        return this.#isWorthATree() ? [this.#connection] : this.#remedies();
      case 'connection':
        return this.#queues();
      case 'queue':
        return this.#groups(node.queue);
      case 'state':
        return this.#tasks(node, await this.#store.rows(node.state), false);
      case 'matches':
        return this.#tasks(node, await this.#filter.rows(node.state), true);
      case 'task':
      case 'more':
      case 'orderEnds':
      case 'remedy':
        return [];
    }
  }

  /** For `reveal`: nodes are known by their ids. */
  getParent(node: Node): Node | undefined {
    switch (node.kind) {
      case 'connection':
      case 'remedy':
        return undefined;
      case 'queue':
        return this.#connection;
      case 'state':
      case 'matches':
        return { kind: 'queue', queue: node.queue };
      default:
        return { kind: 'state', queue: node.queue, state: node.state };
    }
  }

  /** The heavy part of an item, asked for when the pointer rests on it. */
  async resolveTreeItem(item: vscode.TreeItem, node: Node): Promise<vscode.TreeItem> {
    const { queue } = this.#store;
    if (node.kind !== 'task' || !queue) return item;
    this.#redraw.hold();
    item.tooltip = await readTooltip(queue, node.row.line, this.#store.now());
    return item;
  }

  /** Else the view shows words that say what to do next. */
  #isWorthATree(): boolean {
    const { link, isEmpty } = this.#store;
    return link.state !== 'unconfigured' && link.state !== 'refused' && !isEmpty;
  }

  #remedies(): Node[] {
    const { link } = this.#store;
    const { isTrusted } = vscode.workspace;
    return link.state === 'refused' ? remediesFor(link.error, isTrusted) : [];
  }

  /** None before the first counts: a number that is not known yet is no zero. */
  #queues(): Node[] {
    const { target, counts } = this.#store;
    if (!target || !counts) return [];
    if (this.#queue?.queue !== target.queue) this.#queue = { kind: 'queue', queue: target.queue };
    return [this.#queue];
  }

  #groups(queue: string): Node[] {
    this.#states = [];
    if (this.#filter.isOn) return STATES.map(state => ({ kind: 'matches', queue, state }));
    this.#states = STATES.map(state => ({ kind: 'state', queue, state }));
    return this.#states;
  }

  #tasks(
    { queue, state }: { queue: string; state: TaskState },
    found: Rows,
    filtered: boolean,
  ): Node[] {
    const { rows, more, orderEnds } = found;
    this.#commonStart.see(rows.map(row => commandOf(row.line)));
    const tasks = rows.map(
      (row): TaskNode => ({ kind: 'task', queue, state, row, label: this.#labelOf(row.line) }),
    );
    this.#shown.keep(state, found, tasks);
    const nodes: Node[] = [...tasks];
    if (orderEnds !== undefined) nodes.splice(orderEnds, 0, { kind: 'orderEnds', queue, state });
    if (more) nodes.push({ kind: 'more', queue, state, filtered });
    return nodes;
  }
}
