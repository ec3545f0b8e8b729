/** Where a Redis is and how to enter it. Pure. */

/** One of `url`, `host`, `socket`, `sentinels` and `cluster` is set. */
export interface RedisAddress {
  /** `redis://` or `rediss://` (TLS), with user, password and database as far as there are any. */
  url?: string;
  host?: string;
  port?: number;
  /** Path of a unix socket. */
  socket?: string;
  /** `HOST:PORT` of those that know which server is the primary. */
  sentinels?: readonly string[];
  /** By which the sentinels know it. */
  sentinelName?: string;
  /** Of the sentinels themselves. */
  sentinelPassword?: string;
  /** `HOST:PORT` of nodes of a Redis Cluster, which know the others. */
  cluster?: readonly string[];
  /** For all but a URL, which says it itself. */
  tls?: boolean;
  username?: string;
  password?: string;
  db?: number;
}

/** One server at a time: sentinels name another one after a failover. */
export type ServerAddress = RedisAddress & { cluster?: never };

/** The part of a configuration that says where Redis is, each place in one way only. */
interface RedisSettings {
  redis_url?: string | undefined;
  redis_host?: string | undefined;
  redis_port: number;
  redis_socket?: string | undefined;
  redis_sentinels?: readonly string[] | undefined;
  redis_sentinel_name?: string | undefined;
  redis_sentinel_pass?: string | undefined;
  redis_cluster?: boolean | readonly string[] | undefined;
  redis_tls?: boolean | undefined;
  redis_user?: string | undefined;
  redis_pass?: string | undefined;
  redis_db: number;
}

/** undefined when the configuration names no Redis. */
export function redisAddress(settings: RedisSettings): RedisAddress | undefined {
  const credentials = {
    ...(settings.redis_user ? { username: settings.redis_user } : {}),
    ...(settings.redis_pass ? { password: settings.redis_pass } : {}),
  };
  if (settings.redis_url) return { url: settings.redis_url, ...credentials };
  const tls = settings.redis_tls ? { tls: true } : {};
  if (Array.isArray(settings.redis_cluster)) {
    return { cluster: settings.redis_cluster, ...tls, ...credentials };
  }
  const place = placeOf(settings);
  return place && { ...place, ...tls, ...credentials, db: settings.redis_db };
}

function placeOf(settings: RedisSettings): RedisAddress | undefined {
  const { redis_socket, redis_host, redis_sentinels, redis_sentinel_pass } = settings;
  if (redis_socket) return { socket: redis_socket };
  if (redis_host) return { host: redis_host, port: settings.redis_port };
  return (
    redis_sentinels && {
      sentinels: redis_sentinels,
      sentinelName: settings.redis_sentinel_name ?? '',
      ...(redis_sentinel_pass ? { sentinelPassword: redis_sentinel_pass } : {}),
    }
  );
}

/** `node0:6400`, a socket's path, `mymaster of s1:26379, s2:26379` or `cluster n1:7000`: never a password. */
export function describeAddress(address: RedisAddress): string {
  const { socket, sentinels, sentinelName, cluster } = address;
  if (socket) return socket;
  if (sentinels) return `${sentinelName} of ${sentinels.join(', ')}`;
  if (cluster) return `cluster ${cluster.join(', ')}`;
  if (address.url) {
    const url = parseUrl(address.url);
    return url ? `${url.hostname || 'localhost'}:${url.port || 6379}` : 'an address that is no URL';
  }
  return `${address.host ?? 'localhost'}:${address.port ?? 6379}`;
}

/** Host and port of `HOST:PORT`, where an IPv6 address stands in brackets. */
export function endpoint(node: string): { host: string; port: number } {
  const colon = node.lastIndexOf(':');
  const host = node.slice(0, colon).replace(/^\[|\]$/g, '');
  return { host, port: Number(node.slice(colon + 1)) };
}

/** Undefined for what is no URL of one server. */
export function parseUrl(text: string): URL | undefined {
  try {
    const url = new URL(text);
    return /^rediss?:$/.test(url.protocol) ? url : undefined;
  } catch {
    return undefined;
  }
}
