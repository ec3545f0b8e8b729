/** All tasks that failed in one way, as what a command is called on. */
export interface FailureKindNode {
  kind: 'failureKind';
  signature: string;
}

export function isFailureKind(node: unknown): node is FailureKindNode {
  return (
    typeof node === 'object' &&
    node !== null &&
    'kind' in node &&
    node.kind === 'failureKind' &&
    'signature' in node &&
    typeof node.signature === 'string'
  );
}
