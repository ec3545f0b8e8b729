/**
 * Everything that touches Redis: connection, keys, Lua scripts, and one file and function an
 * operation. The rules that the scripts keep stand in `lua/prelude.lua`.
 */
import { ClusterConnection } from './clusterConnection';
import type { RedisConnection } from './connection';
import { DEFAULT_QUEUE, type QueueKeys, queueKeys } from './keys';

/** The keys of the default queue have names that the original knows, so they cannot share a slot. */
export class DefaultQueueOnCluster extends Error {
  override readonly name = 'DefaultQueueOnCluster';
  readonly kind = 'default_queue';
  constructor() {
    super(
      'The default queue does not run on a Redis Cluster: its keys, which the original shares, lie on several nodes. Name a queue of your own: --queue NAME, "queue" in conf.json, or the setting distcomp.queue.',
    );
  }
}

/** A set of tasks in one Redis under one prefix. */
export class Queue {
  readonly keys: QueueKeys;

  /** @throws RangeError when the name could not be a part of a key; DefaultQueueOnCluster */
  constructor(
    readonly redis: RedisConnection,
    readonly name: string,
  ) {
    if (name === DEFAULT_QUEUE && redis instanceof ClusterConnection) {
      throw new DefaultQueueOnCluster();
    }
    this.keys = queueKeys(name);
  }
}
