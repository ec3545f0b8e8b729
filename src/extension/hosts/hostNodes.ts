/** What stands in the Hosts view: plain data. How it looks is in `hostItems.ts`. */
import type { HostEntry } from './hostList';
import type { SourceProblem } from './hostSources';

export interface HostNode {
  kind: 'host';
  entry: HostEntry;
}

/** A source of hosts that could not be read. */
export interface ProblemNode {
  kind: 'hostProblem';
  problem: SourceProblem;
}

export type HostsNode = HostNode | ProblemNode;

/** The same for the same thing at every refresh, so that the selection stays. */
export function hostsNodeId(node: HostsNode): string {
  if (node.kind === 'host') return `host/${node.entry.host.name}`;
  const { source } = node.problem;
  return `problem/${source.is === 'file' ? source.path : source.is}`;
}

/** Those that a command was called on. */
export function chosenHostNodes(node: unknown, nodes: unknown): HostsNode[] {
  const chosen: unknown[] = Array.isArray(nodes) && nodes.length > 0 ? nodes : [node];
  return chosen.filter(isHostsNode);
}

function isHostsNode(node: unknown): node is HostsNode {
  return (
    typeof node === 'object' &&
    node !== null &&
    'kind' in node &&
    (node.kind === 'host' || node.kind === 'hostProblem')
  );
}
