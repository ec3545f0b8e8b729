/** What a person may write for the address of a Redis, taken apart and put together. */
import {
  DEFAULT_PRIMARY,
  namesServers,
  readServersUrl,
  writeServersUrl,
} from '../../config/redisUrl';
import type { RedisAddress } from '../../queue/address';

/** What lets one in. They stand in the secret storage, and never in the settings. */
export interface Passwords {
  password?: string | undefined;
  /** Of the sentinels, which may have one of their own. */
  sentinelPassword?: string | undefined;
}

export interface WrittenAddress extends Passwords {
  /** Without its password, as it may stand in the settings. */
  text: string;
  /** Without a password. */
  address: RedisAddress;
  /** The one that was written into the text, where it must not stay. */
  password: string | undefined;
}

/** The parts of an address. A socket or a host is set. */
export interface AddressParts {
  socket?: string | undefined;
  host?: string | undefined;
  port?: number | undefined;
  tls?: boolean | undefined;
  user?: string | undefined;
  database?: number | undefined;
}

/**
 * `redis://user@node0:6400/2`, `rediss://…` (TLS), `node0:6400`, `node0`, `/path/of/redis.sock`,
 * `unix://user@/path/of/redis.sock?db=2`, `redis+sentinel://s1,s2/mymaster` or `redis+cluster://n1,n2`.
 * Undefined when it is none of these.
 */
export function readAddress(written: string): WrittenAddress | undefined {
  const text = written.trim();
  if (namesServers(text)) return readServers(text);
  if (/^(unix:|\/)/.test(text)) return readSocket(text);
  const url = parseUrl(text.includes('://') ? text : `redis://${text}`);
  if (!url) return undefined;
  const password = decoded(url.password);
  const username = decoded(url.username);
  if (password === undefined || username === undefined) return undefined;
  url.password = '';
  const shown = url.toString().replace(/\/$/, '');
  // ioredis takes an empty password in a URL with a user for the one to use: it goes in apart.
  url.username = '';
  const address = { url: url.toString(), ...(username ? { username } : {}) };
  return { text: shown, address, password: password || undefined };
}

/** The text of an address that `readAddress` understands. */
export function writeAddress({ socket, host, port, tls, user, database }: AddressParts): string {
  const login = user ? `${encodeURIComponent(user)}@` : '';
  if (socket) {
    const db = database ? `?db=${database}` : '';
    return login || db ? `unix://${login}${socket}${db}` : socket;
  }
  const name = host?.includes(':') ? `[${host}]` : host;
  const db = database ? `/${database}` : '';
  return `${tls ? 'rediss' : 'redis'}://${login}${name}${port === undefined ? '' : `:${port}`}${db}`;
}

function readServers(text: string): WrittenAddress | undefined {
  const url = readServersUrl(text);
  if (!url) return undefined;
  const { kind, tls, user, password, nodes, name = DEFAULT_PRIMARY, database } = url;
  const entry = { ...(tls ? { tls } : {}), ...(user ? { username: user } : {}) };
  const address: RedisAddress =
    kind === 'cluster'
      ? { cluster: nodes, ...entry }
      : { sentinels: nodes, sentinelName: name, db: database ?? 0, ...entry };
  return { text: writeServersUrl(url), address, password };
}

/** The address as it is entered. */
export function withPasswords(
  address: RedisAddress,
  { password, sentinelPassword }: Passwords,
): RedisAddress {
  return {
    ...address,
    ...(password ? { password } : {}),
    ...(sentinelPassword ? { sentinelPassword } : {}),
  };
}

/** The same address over TLS. */
export function withTls({ text }: WrittenAddress): string {
  return text.replace(/^redis(?=[:+])/, 'rediss');
}

const SOCKET = /^(?:unix:(?:\/\/)?)?(?:([^@/:]*)(?::([^@/]*))?@)?(\/[^?]+)(?:\?db=(\d+))?$/;

function readSocket(text: string): WrittenAddress | undefined {
  const [, user = '', secret = '', socket, db] = SOCKET.exec(text) ?? [];
  if (!socket) return undefined;
  const username = decoded(user);
  const password = decoded(secret);
  if (username === undefined || password === undefined) return undefined;
  const database = Number(db ?? 0);
  const address = {
    socket,
    ...(username ? { username } : {}),
    ...(database > 0 ? { db: database } : {}),
  };
  const shown = writeAddress({ socket, user: username, database });
  return { text: shown, address, password: password || undefined };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function parseUrl(text: string): URL | undefined {
  try {
    const url = new URL(text);
    const known = url.protocol === 'redis:' || url.protocol === 'rediss:';
    const database = /^\/?[0-9]*$/.test(url.pathname);
    return known && database && url.hostname !== '' ? url : undefined;
  } catch {
    return undefined;
  }
}
