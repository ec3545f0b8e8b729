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
  /** False: what follows is in no order. */
  ordered: boolean;
}

export type Node = ConnectionNode | QueueNode | StateNode | TaskNode | MoreNode;

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
    case 'task':
      return `queue/${node.queue}/${node.state}/${taskId(node.row.line)}`;
    case 'more':
      return `queue/${node.queue}/${node.state}/more`;
  }
}

/**
 * What a command was called on: VS Code gives the clicked item and, if it is among several selected
 * ones, all of them; a caller from the palette or a key binding gives nothing.
 */
export function chosenNodes(node: unknown, nodes: unknown): Node[] {
  const several = Array.isArray(nodes) ? nodes.filter(isNode) : [];
  if (several.length > 0) return several;
  return isNode(node) ? [node] : [];
}

const KINDS: readonly unknown[] = ['connection', 'queue', 'state', 'task', 'more'];

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && KINDS.includes(value.kind)
  );
}
