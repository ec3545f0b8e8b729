/** Where a Redis is as this machine sees it, and how hosts enter it through a tunnel. Pure. */
import type { RedisAddress } from '../../queue/address';

export type RedisPlace = { host: string; port: number } | { socket: string };

/** What a tunnel leads to, and the settings of those who come through it. */
export interface Tunnelled {
  place: RedisPlace;
  /** Content of conf.json, to which `redis_socket` is still to be added: each host has its own. */
  config: Record<string, unknown>;
}

/**
 * @param given content of a conf.json in which Redis may be said in any way
 * @param address the same Redis
 */
export function tunnelled(
  given: Readonly<Record<string, unknown>>,
  address: RedisAddress,
): Tunnelled | { problem: string } {
  const problem = cannotBeTunnelled(address);
  if (problem) return { problem };
  const url = address.url === undefined ? undefined : new URL(address.url);
  if (address.tls || url?.protocol === 'rediss:') {
    return {
      problem:
        'A tunnel cannot lead to a Redis with TLS (rediss://) yet. Leave --tunnel out if the hosts can reach it, or give an address without TLS: what goes through a tunnel is encrypted by SSH.',
    };
  }
  const others = Object.entries(given).filter(([key]) => !key.startsWith('redis_'));
  const entry = url ? entryOf(url, address) : address;
  const config = {
    ...Object.fromEntries(others),
    ...(entry.username ? { redis_user: entry.username } : {}),
    ...(entry.password ? { redis_pass: entry.password } : {}),
    redis_db: entry.db ?? 0,
  };
  return { place: url ? placeOf(url) : plainPlace(address), config };
}

/** A tunnel leads to one address; what that one names would be looked for beside it. */
function cannotBeTunnelled({ sentinels, cluster }: RedisAddress): string | undefined {
  if (sentinels) {
    return 'A tunnel cannot lead to Redis Sentinel: the primary is another server after a failover, and a tunnel leads to one. Leave --tunnel out if the hosts can reach the sentinels and the servers that they name.';
  }
  if (cluster) {
    return 'A tunnel cannot lead to a Redis Cluster: a tunnel leads to one node, and the nodes name each other by addresses of their own. Leave --tunnel out if the hosts can reach all nodes.';
  }
  return undefined;
}

type Entry = Pick<RedisAddress, 'username' | 'password' | 'db'>;

/** As ioredis has it: what stands in a URL counts over user and password beside it. */
function entryOf({ username, password, pathname }: URL, beside: RedisAddress): Entry {
  const db = Number(pathname.slice(1));
  if (username === '' && password === '') return { ...beside, db };
  return { username: decodeURIComponent(username), password: decodeURIComponent(password), db };
}

const placeOf = ({ hostname, port }: URL): RedisPlace => ({
  host: hostname.replace(/^\[|\]$/g, ''),
  port: Number(port || 6379),
});

function plainPlace({ socket, host = 'localhost', port = 6379 }: RedisAddress): RedisPlace {
  return socket === undefined ? { host, port } : { socket };
}

/** For `-R` of `ssh`: what connects to `listen` on the host comes to `place` here. */
export function forwarding(listen: string, place: RedisPlace): string {
  if ('socket' in place) return `${listen}:${place.socket.replace(/[\\:]/g, '\\$&')}`;
  const host = place.host.includes(':') ? `[${place.host}]` : place.host;
  return `${listen}:${host}:${place.port}`;
}
