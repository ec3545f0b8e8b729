/** What stands in the tree: plain data. How it looks is in `items.ts`. */
import type { PageRow } from '../../queue/pages';
import type { TaskState } from '../../queue/states';
import { taskId } from '../../tasks/task';

export interface ConnectionNode {
  kind: 'connection';
}

export interface QueueNode {
  kind: 'queue';
  queue: string;
}

export interface StateNode {
  kind: 'state';
  queue: string;
  state: TaskState;
}

/** In place of a state while the tree is filtered: stands for what was found, never for all of the state. */
export interface MatchesNode {
  kind: 'matches';
  queue: string;
  state: TaskState;
}

export interface TaskNode {
  kind: 'task';
  queue: string;
  state: TaskState;
  row: PageRow;
  /** Its command without the beginning that it shares with the others. */
  label: string;
}

/** Shows the next page of a state. */
export interface MoreNode {
  kind: 'more';
  queue: string;
  state: TaskState;
  /** More of what was found. */
  filtered: boolean;
}

/** Says that the tasks under it are in no order. */
export interface OrderEndsNode {
  kind: 'orderEnds';
  queue: string;
  state: TaskState;
}

/** Something to do while Redis cannot be used. */
export interface RemedyNode {
  kind: 'remedy';
  remedy: 'password' | 'connect' | 'startLocal' | 'showLog';
}

export type Node =
  | ConnectionNode
  | QueueNode
  | StateNode
  | MatchesNode
  | TaskNode
  | MoreNode
  | OrderEndsNode
  | RemedyNode;

/** In the order in which they are shown. */
export const STATES: readonly TaskState[] = ['todo', 'in_progress', 'failed', 'finished'];

/** The same for the same thing at every refresh, so that selection and expansion stay. */
export function nodeId(node: Node): string {
  switch (node.kind) {
    case 'connection':
      return 'connection';
    case 'queue':
      return `queue/${node.queue}`;
    case 'state':
      return `queue/${node.queue}/${node.state}`;
    case 'matches':
      return `queue/${node.queue}/${node.state}/matches`;
    case 'task':
      return `queue/${node.queue}/${node.state}/${taskId(node.row.line)}`;
    case 'more':
      return `queue/${node.queue}/${node.state}/more`;
    case 'orderEnds':
      return `queue/${node.queue}/${node.state}/orderEnds`;
    case 'remedy':
      return `remedy/${node.remedy}`;
  }
}

/**
 * What a command was called on: VS Code gives the clicked item and, if it is among several selected
 * ones, all of them; a link in a tooltip gives a task that is not more than its state and line; a caller
 * from the palette or a key binding gives nothing.
 */
export function chosenNodes(node: unknown, nodes: unknown): Node[] {
  const several = Array.isArray(nodes) ? nodes.filter(isNode) : [];
  if (several.length > 0) return several;
  return isNode(node) ? [node] : [];
}

const KINDS: readonly unknown[] = [
  'connection',
  'queue',
  'state',
  'matches',
  'task',
  'more',
  'orderEnds',
];

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && KINDS.includes(value.kind)
  );
}
