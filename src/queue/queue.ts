/**
 * Everything that touches Redis: connection, keys, Lua scripts, and one file and function an
 * operation. The rules that the scripts keep stand in `lua/prelude.lua`.
 */
import type { Redis } from 'ioredis';
import { type QueueKeys, queueKeys } from './keys';

/** A set of tasks in one Redis under one prefix. */
export class Queue {
  readonly keys: QueueKeys;

  /** @throws RangeError when the name could not be a part of a key. */
  constructor(
    readonly redis: Redis,
    readonly name: string,
  ) {
    this.keys = queueKeys(name);
  }
}
