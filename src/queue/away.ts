/** Which errors say that Redis was away, as opposed to having refused. Pure. */
import { ReplyError } from 'ioredis';

/** The connection broke while something was under way, which may have been done or not. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  constructor(cause: unknown) {
    super('the connection is closed', { cause });
  }
}

/**
 * What a server answers that is there and cannot serve yet, or no longer. Nothing was done then.
 *
 *   LOADING      it loads its data
 *   READONLY     it was demoted by a failover; a script says so behind its own words before Redis 7
 *   MASTERDOWN   a replica that waits for its primary
 *   NOREPLICAS   a primary that takes no writes while it has too few replicas
 *   CLUSTERDOWN  a node that sees too little of its cluster
 *   MOVED, ASK, TRYAGAIN  the slot is on its way to another node, which ioredis did not follow to its end
 */
const CANNOT_SERVE =
  /^(LOADING|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|MOVED|ASK|TRYAGAIN|Too many Cluster redirections)\b/;

/** Another server is the primary now. */
export const isDemoted = ({ message }: Error): boolean =>
  /^(READONLY|MASTERDOWN)\b|: -READONLY /.test(message);

/** Whether Redis was away. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (CANNOT_SERVE.test(error.message) || isDemoted(error)) return true;
  if (error instanceof ReplyError) return false;
  return (
    error instanceof ConnectionLost ||
    error.name === 'MaxRetriesPerRequestError' ||
    /connection is closed|isn't writeable|^Socket timeout|^(read|write|connect) E|^Cluster is(n't ready| ended)/i.test(
      error.message,
    )
  );
}
