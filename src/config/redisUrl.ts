/**
 * URLs that name several servers, as clients of the Python world write them. Pure.
 *
 *   redis+sentinel://USER:PASSWORD@s1:26379,s2:26379/NAME/DATABASE    and rediss+sentinel:// for TLS
 *   redis+cluster://USER:PASSWORD@n1:7000,n2:7000                     and rediss+cluster:// for TLS
 */

/** The parts of such a URL. Undefined: it does not say. */
export interface ServersUrl {
  kind: 'sentinel' | 'cluster';
  tls: boolean;
  user: string | undefined;
  password: string | undefined;
  /** `HOST:PORT`, each with its port. */
  nodes: readonly string[];
  /** By which the sentinels know the primary. */
  name: string | undefined;
  database: number | undefined;
}

export const SENTINEL_PORT = 26_379;
export const REDIS_PORT = 6379;

const SERVERS_URL =
  /^redis(s?)\+(sentinel|cluster):\/\/(?:([^@/:]*)(?::([^@/]*))?@)?([^@/?#]+)(?:\/([^/?#]*))?(?:\/([0-9]{1,5}))?$/;

/** Whether a text means to be a URL of several servers, right or wrong. */
export const namesServers = (text: string): boolean => /^rediss?\+/.test(text);

/** Undefined for anything else, and for one that is wrong. */
export function readServersUrl(text: string): ServersUrl | undefined {
  const [, s, kind, user = '', password = '', servers = '', path = '', database] =
    SERVERS_URL.exec(text) ?? [];
  if (kind !== 'sentinel' && kind !== 'cluster') return undefined;
  if (kind === 'cluster' && (path !== '' || database !== undefined)) return undefined;
  const port = kind === 'sentinel' ? SENTINEL_PORT : REDIS_PORT;
  const nodes = servers.split(',').map(node => withPort(node, port));
  const [name, login, secret] = [path, user, password].map(decoded);
  if (!nodes.every(node => node !== undefined)) return undefined;
  if (name === undefined || login === undefined || secret === undefined) return undefined;
  return {
    kind,
    tls: s === 's',
    user: login || undefined,
    password: secret || undefined,
    nodes,
    name: name || undefined,
    database: database === undefined ? undefined : Number(database),
  };
}

/** Without the password. */
export function writeServersUrl(url: Omit<ServersUrl, 'password'>): string {
  const { kind, tls, user, nodes, name, database } = url;
  const login = user ? `${encodeURIComponent(user)}@` : '';
  const path = [name ?? (database ? DEFAULT_PRIMARY : undefined), database || undefined]
    .filter(part => part !== undefined)
    .map(part => `/${encodeURIComponent(part)}`);
  return `redis${tls ? 's' : ''}+${kind}://${login}${nodes.join(',')}${path.join('')}`;
}

/** As the example of Redis' own documentation names it, and so most people. */
export const DEFAULT_PRIMARY = 'mymaster';

const NODE = /^(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9_.-]+)(?::([0-9]{1,5}))?$/;

/** `HOST:PORT` with a port for sure; an IPv6 address stands in brackets. Undefined when it is no such thing. */
export function withPort(node: string, port: number): string | undefined {
  const [, host, given = String(port)] = NODE.exec(node.trim()) ?? [];
  const isPort = Number(given) >= 1 && Number(given) <= 65_535;
  return host && isPort ? `${host}:${Number(given)}` : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
