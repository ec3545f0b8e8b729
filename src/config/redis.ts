import { flagOrList, list, matching, text } from './kinds';
import {
  namesServers,
  REDIS_PORT,
  readServersUrl,
  SENTINEL_PORT,
  type ServersUrl,
  withPort,
} from './redisUrl';
import type { Config, SettingKey } from './settings';
import type { ConfigProblem, Layer } from './sources';

/** A unix socket's path has 108 bytes in Linux, the final NUL included. */
const LONGEST_SOCKET_PATH = 107;

const ABSOLUTE_PATH = /^\//;

export const socketPath = matching(
  `an absolute path of at most ${LONGEST_SOCKET_PATH} characters`,
  ABSOLUTE_PATH,
  LONGEST_SOCKET_PATH,
);

/** A host alone: an address with a port would be looked up as one name, and not be found. */
export const hostName = text('a host name or an IP address', value => {
  const hostAndPort = /^([^:\s]+):([0-9]+)$/.exec(value);
  if (hostAndPort) return `Write ${hostAndPort[1]}, and ${hostAndPort[2]} as redis_port`;
  if (value.includes('://')) return 'Write a URL as redis_url';
  if (ABSOLUTE_PATH.test(value)) return 'Write the path of a socket as redis_socket';
  return /^[A-Za-z0-9_.:%-]+$/.test(value) ? undefined : '';
});

/** What is wrong with a list of servers. */
function serversRemedy(nodes: readonly string[]): string | undefined {
  if (nodes.length === 0) return 'Name at least one';
  const wrong = nodes.find(node => withPort(node, REDIS_PORT) === undefined);
  if (wrong === undefined) return undefined;
  // What is no host and port may be a URL, with a password in it.
  return wrong.includes('://') ? 'Write hosts and ports alone, without redis://' : '';
}

export const sentinels = list('a list as ["node0:26379", "node1:26379"]', serversRemedy);

export const cluster = flagOrList(
  'true, or a list of nodes as ["node0:7000", "node1:7000"]',
  serversRemedy,
);

const SOCKET_URL = /^(?:unix:\/\/)?(\/[^?#]+)$/;

/** Its remedies repeat nothing of the value, which may hold a password. */
export const redisUrl = text(
  'redis://HOST:PORT/DATABASE, rediss://… for TLS, or unix:///PATH for a socket',
  value => {
    if (namesServers(value)) return readServersUrl(value) ? undefined : serversUrlRemedy(value);
    const path = SOCKET_URL.exec(value)?.[1];
    if (path) return path.length > LONGEST_SOCKET_PATH ? 'Use a shorter path' : undefined;
    if (!/^rediss?:\/\//.test(value)) return 'Begin it with redis://, rediss:// or unix:///';
    return networkUrlRemedy(value);
  },
);

function networkUrlRemedy(value: string): string | undefined {
  const url = parsedUrl(value);
  if (!url?.hostname) {
    return 'Write special characters of a password as %23 and so on, or the password as redis_pass';
  }
  return /^\/?[0-9]*$/.test(url.pathname) ? undefined : 'End it with the number of a database';
}

function serversUrlRemedy(value: string): string {
  return value.includes('+cluster:')
    ? 'A Redis Cluster has hosts and ports only, with commas between them, and no database'
    : 'Write hosts and ports with commas between them, then /NAME of the primary, then /DATABASE';
}

function parsedUrl(value: string): URL | undefined {
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}

/** The ways to say where Redis is. */
const PLACES = [
  'redis_url',
  'redis_socket',
  'redis_host',
  'redis_sentinels',
  'redis_cluster',
] as const satisfies SettingKey[];

/** `redis_cluster: true` says what kind of a place another key names. */
const isPlace = (layer: Layer, key: SettingKey): boolean => {
  const given = layer.get(key);
  return given !== undefined && (key !== 'redis_cluster' || Array.isArray(given.value));
};

/** Two places in one source: which one is meant cannot be known. */
export function ambiguousPlace(layer: Layer): ConfigProblem[] {
  const [first, ...others] = PLACES.flatMap(key => {
    const given = isPlace(layer, key) ? layer.get(key) : undefined;
    return given ? [{ key, name: given.name }] : [];
  });
  return others.map(({ key, name }) => {
    return {
      key,
      message: `${name} and ${first?.key} both say where Redis is. Remove one of them`,
    };
  });
}

/** A place counts over every other place of a weaker source, in whichever way that one says it. */
export function withoutOtherPlaces(merged: Layer, stronger: Layer): Layer {
  if (!PLACES.some(key => isPlace(stronger, key))) return merged;
  return new Map([...merged].filter(([key]) => !PLACES.some(place => place === key)));
}

/** Keys that are right each by itself and name no Redis together. */
export function incompletePlace(given: Layer): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const report = (key: SettingKey, text: string) =>
    problems.push({ key, message: `${given.get(key)?.name ?? key} ${text}` });
  const url = String(given.get('redis_url')?.value ?? '');
  const isSocket = given.has('redis_socket') || SOCKET_URL.test(url);
  const isCluster = clusterIsMeant(given, url);
  const wanted = given.get('redis_cluster')?.value;
  if (wanted === true && isSocket) {
    report('redis_cluster', CLUSTER_BY_SOCKET);
  } else if (wanted === true && !given.has('redis_host') && url === '') {
    report(
      'redis_cluster',
      'is true, and no node is named. Name one as redis_host, or write a list of nodes',
    );
  } else if (wanted === true && given.has('redis_sentinels')) {
    report(
      'redis_cluster',
      'and redis_sentinels are two ways to several servers. Remove one of them',
    );
  }
  const database = Number(given.get('redis_db')?.value ?? parsedUrl(url)?.pathname.slice(1) ?? 0);
  if (isCluster && database > 0) {
    const key = given.has('redis_db') ? 'redis_db' : 'redis_url';
    report(
      key,
      `must name database 0, found ${database}: a Redis Cluster has no other. Leave it out`,
    );
  }
  if (given.get('redis_tls')?.value === true && (isSocket || url.startsWith('redis:'))) {
    const remedy = isSocket ? 'Leave it out for a socket' : 'Write the URL with rediss://';
    report('redis_tls', `is true, and the address has no TLS. ${remedy}`);
  }
  return problems;
}

const CLUSTER_BY_SOCKET =
  'is true, and a socket leads to one node only. Name a node as redis_host, or write a list of nodes';

function clusterIsMeant(given: Layer, url: string): boolean {
  const wanted = given.get('redis_cluster')?.value;
  return wanted === true || Array.isArray(wanted) || readServersUrl(url)?.kind === 'cluster';
}

/** What `withPlace` may take out of a URL. */
export const URL_PARTS: ReadonlySet<SettingKey> = new Set<SettingKey>([
  'redis_socket',
  'redis_user',
  'redis_pass',
  'redis_db',
  'redis_tls',
  'redis_sentinels',
  'redis_sentinel_name',
  'redis_cluster',
]);

/**
 * One place in one way, however it was written, so that nobody else parses URLs for it: a socket is a
 * `redis_socket`, sentinels are `redis_sentinels`, a cluster is a list, each server with its port.
 */
export function withPlace(config: Config): Config {
  const url = config.redis_url ?? '';
  const path = SOCKET_URL.exec(url)?.[1];
  if (path) return { ...config, redis_url: undefined, redis_socket: path };
  const servers = readServersUrl(url);
  if (servers) return withServers(config, servers);
  if (config.redis_cluster === true) return withCluster(config);
  return {
    ...config,
    ...(config.redis_sentinels
      ? { redis_sentinels: withPorts(config.redis_sentinels, SENTINEL_PORT) }
      : {}),
    ...(Array.isArray(config.redis_cluster)
      ? { redis_cluster: withPorts(config.redis_cluster, REDIS_PORT) }
      : {}),
  };
}

const withPorts = (nodes: readonly string[], port: number): string[] =>
  nodes.map(node => withPort(node, port) ?? node);

function withServers(config: Config, url: ServersUrl): Config {
  // What stands in a URL counts over what stands beside it.
  const login = url.user || url.password;
  return {
    ...config,
    redis_url: undefined,
    redis_tls: url.tls,
    redis_user: login ? url.user : config.redis_user,
    redis_pass: login ? url.password : config.redis_pass,
    ...(url.kind === 'cluster'
      ? { redis_cluster: [...url.nodes] }
      : {
          redis_sentinels: [...url.nodes],
          redis_sentinel_name: url.name ?? config.redis_sentinel_name,
          redis_db: url.database ?? config.redis_db,
        }),
  };
}

/** The node that another key names. */
function withCluster(config: Config): Config {
  const url = parsedUrl(config.redis_url ?? '');
  if (!url) {
    const host = config.redis_host?.includes(':') ? `[${config.redis_host}]` : config.redis_host;
    return { ...config, redis_host: undefined, redis_cluster: [`${host}:${config.redis_port}`] };
  }
  return withServers(config, {
    kind: 'cluster',
    tls: url.protocol === 'rediss:',
    user: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    nodes: [`${url.hostname}:${url.port || REDIS_PORT}`],
    name: undefined,
    database: undefined,
  });
}
