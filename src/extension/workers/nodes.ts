/** What stands in the Workers view: plain data. How it looks is in `items.ts`. */
import { type Outlier, outliersOf } from '../../queue/outliers';
import type { GoneWorker, QueueWorker, Roster } from '../../queue/workers';
import { compareNames } from '../../queue/workerWords';
import { taskId } from '../../tasks/task';
import type { Part } from '../store/workerRows';
import type { TaskNode } from '../tree/nodes';

export interface WorkerNode {
  kind: 'worker';
  worker: QueueWorker;
  /** Of an original: how many tasks stand under its name, if that was counted. */
  running: number | undefined;
  /** In what it differs from the others. */
  outliers: readonly Outlier[];
}

/** A worker that was lost. */
export interface GoneNode {
  kind: 'gone';
  gone: GoneWorker;
  /** Redis time, ms: tells today from other days. */
  nowMs: number;
}

/** For every command that takes tasks it is one. */
export interface HeldTaskNode extends TaskNode {
  worker: string;
  part: Part;
}

export interface BufferedNode {
  kind: 'buffered';
  worker: string;
  count: number;
}

/** Shows the next page of what a worker holds. */
export interface MoreHeldNode {
  kind: 'moreHeld';
  worker: string;
  part: Part;
  left: number;
}

/** In place of tasks that are not listed. */
export interface UnlistedNode {
  kind: 'unlisted';
  worker: string;
}

export type WorkersNode =
  | WorkerNode
  | GoneNode
  | HeldTaskNode
  | BufferedNode
  | MoreHeldNode
  | UnlistedNode;

/** Ours by name, lost ones among them, so that nothing moves when one is lost; then originals. */
export function rosterNodes(
  { workers, lost, nowMs }: Roster,
  runningOf: (name: string) => number | undefined,
): (WorkerNode | GoneNode)[] {
  const outliers = outliersOf(workers);
  const node = (worker: QueueWorker): WorkerNode => {
    const { name } = worker;
    return { kind: 'worker', worker, running: runningOf(name), outliers: outliers.get(name) ?? [] };
  };
  const ours = workers.filter(({ kind }) => kind === 'ours').map(node);
  const gone = lost.map((each): GoneNode => ({ kind: 'gone', gone: each, nowMs }));
  const originals = workers.filter(({ kind }) => kind === 'original').map(node);
  const byName = [...ours, ...gone].sort((a, b) => compareNames(workerName(a), workerName(b)));
  return [...byName, ...originals];
}

export const workerName = (node: WorkerNode | GoneNode): string =>
  node.kind === 'worker' ? node.worker.name : node.gone.name;

/** The same for the same thing at every refresh, so that selection and expansion stay. */
export function workersNodeId(node: WorkersNode): string {
  switch (node.kind) {
    case 'worker':
      return `worker/${node.worker.name}`;
    case 'gone':
      return `worker/${node.gone.name}`;
    case 'task':
      return `worker/${node.worker}/${node.part}/${taskId(node.row.line)}`;
    case 'buffered':
    case 'unlisted':
      return `worker/${node.worker}/${node.kind}`;
    case 'moreHeld':
      return `worker/${node.worker}/${node.part}/more`;
  }
}

/** The names of the workers that a command was called on; of tasks and groups, none. */
export function namedWorkers(node: unknown, nodes: unknown): string[] {
  const chosen = Array.isArray(nodes) && nodes.length > 0 ? nodes : [node];
  return [...new Set(chosen.flatMap(each => nameOf(each) ?? []))];
}

function nameOf(node: unknown): string | undefined {
  if (typeof node !== 'object' || node === null || !('kind' in node)) return undefined;
  if (node.kind === 'worker' && 'worker' in node) return namedIn(node.worker);
  return node.kind === 'gone' && 'gone' in node ? namedIn(node.gone) : undefined;
}

function namedIn(value: unknown): string | undefined {
  const isNamed = typeof value === 'object' && value !== null && 'name' in value;
  return isNamed && typeof value.name === 'string' ? value.name : undefined;
}

export function isMoreHeld(node: unknown): node is MoreHeldNode {
  return typeof node === 'object' && node !== null && 'kind' in node && node.kind === 'moreHeld';
}
