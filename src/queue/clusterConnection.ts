import {
  Cluster,
  type ClusterNode,
  type ClusterOptions,
  type Command,
  type RedisOptions,
} from 'ioredis';

/** What differs from one use to another. */
type Options = Pick<ClusterOptions, 'clusterRetryStrategy' | 'slotsRefreshTimeout'> & {
  redisOptions: RedisOptions & { replyMapping: 'legacy' };
};

/**
 * A Redis Cluster. Each command goes to the node that has the slot of its first key, which ioredis
 * finds out and follows when the slot moves. A command that was answered by a redirection was not done
 * and goes on to the other node; one that was under way when a connection broke is rejected.
 *
 * While a slot moves, no script of a queue in it runs: `wake` is among its keys and is a channel, so a
 * key is always missing, and both nodes answer TRYAGAIN until the move has ended. That is what keeps a
 * script from seeing half of a queue.
 */
export class ClusterConnection extends Cluster {
  readonly #nodes: ClusterNode[];
  readonly #options: Options;

  constructor(nodes: ClusterNode[], options: Options) {
    super(nodes, {
      ...options,
      lazyConnect: true,
      // What it waits for is decided below; within, commands wait for a node that is being connected to.
      enableOfflineQueue: true,
      // It would make the first connection wait for all slots; a queue needs its own only.
      enableReadyCheck: false,
      // What broke while it was under way is never sent again behind the caller's back.
      retryDelayOnFailover: 0,
      // The caller waits, and may give up: a worker that ends must not hang here.
      retryDelayOnClusterDown: 0,
      // Names stay names: certificates are made out to them.
      dnsLookup: (address, callback) => callback(null, address),
    });
    this.#nodes = nodes;
    this.#options = options;
  }

  /** Rejects at once what could only wait, as a connection to one server does. */
  override sendCommand(...[command, stream, node]: Parameters<Cluster['sendCommand']>): unknown {
    const isThere = this.status === 'ready' || this.status === 'connect';
    if (isThere || command.name === 'cluster') return super.sendCommand(command, stream, node);
    command.reject(new Error('Connection is closed.'));
    return (command as Command).promise;
  }

  /** Another connection to the same cluster. */
  another(name: string): ClusterConnection {
    const redisOptions = { ...this.#options.redisOptions, connectionName: name };
    return new ClusterConnection(this.#nodes, { ...this.#options, redisOptions });
  }
}
