/** Hearing what is published on a channel, and going on after the connection was lost. */

import { ClusterConnection } from './clusterConnection';
import { another, type RedisConnection } from './connection';

export interface Listener {
  /** Makes a connection that answers nothing show itself: it is closed then, and made again. */
  check(): void;
  close(): void;
}

interface Ears {
  onMessage(message: string): void;
  /** It listens from now on, or again: what was published before was missed. */
  onBegin(): void;
}

/**
 * Listens from now on. What was published while the connection was away is missed.
 *
 * On a Redis Cluster a message reaches all nodes, whichever node it was published at, so it is heard by
 * the connection to any of them that ioredis keeps for this beside those for commands.
 */
export function listen(redis: RedisConnection, channel: string, ears: Ears): Listener {
  return redis instanceof ClusterConnection
    ? listenOnCluster(redis, channel, ears)
    : listenAlone(redis, channel, ears);
}

function listenAlone(redis: RedisConnection, channel: string, ears: Ears): Listener {
  const own = another(redis, 'distcomp-wake');
  own.on('message', (_channel: string, message: string) => ears.onMessage(message));
  own.on('ready', () => {
    own.subscribe(channel).then(ears.onBegin, () => undefined);
  });
  own.connect().catch(() => undefined);
  return {
    check: () => void own.ping().catch(() => undefined),
    close: () => own.disconnect(),
  };
}

function listenOnCluster(cluster: ClusterConnection, channel: string, ears: Ears): Listener {
  const onMessage = (from: string, message: string) => {
    if (from === channel) ears.onMessage(message);
  };
  const subscribe = () => {
    if (cluster.status === 'ready') cluster.subscribe(channel).catch(() => undefined);
  };
  const begin = () => {
    cluster.subscribe(channel).then(ears.onBegin, () => undefined);
  };
  cluster.on('message', onMessage);
  cluster.on('ready', begin);
  begin();
  return {
    // Asked for again: ioredis does not try again when it could not subscribe at another node.
    check: subscribe,
    close() {
      cluster.off('message', onMessage);
      cluster.off('ready', begin);
      cluster.unsubscribe(channel).catch(() => undefined);
    },
  };
}
