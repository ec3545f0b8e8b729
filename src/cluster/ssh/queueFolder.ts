/** What keeps the workers of one queue apart from those of others on the same host: the name of their folder there. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { RedisAddress } from '../../queue/address';
import { databaseOf, isOnlyHere, redisPlace } from './redisPlace';

const NAME_LENGTH = 8;

/** By the queue and its Redis, however that is written; short, since the path of a socket in it has a limit. */
export function queueFolder(address: RedisAddress, queue: string): string {
  const parts = [placeParts(address), databaseOf(address), queue];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, NAME_LENGTH);
}

/** Every machine has a `localhost`: that of this one is none of another's. */
function placeParts(address: RedisAddress): readonly unknown[] {
  const { sentinels, sentinelName, cluster } = address;
  if (sentinels) return ['sentinels', sentinelName, ...[...sentinels].sort()];
  if (cluster) return ['cluster', ...[...cluster].sort()];
  const place = redisPlace(address);
  if ('socket' in place) return [hostname(), place.socket];
  return [isOnlyHere(address) ? hostname() : place.host.toLowerCase(), place.port];
}
