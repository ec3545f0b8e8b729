/** Connections to Redis: to one server, to the primary that sentinels name, or to a Redis Cluster. */
import { Redis, type RedisOptions } from 'ioredis';
import { endpoint, parseUrl, type RedisAddress, type ServerAddress } from './address';
import { isDemoted } from './away';
import { ClusterConnection } from './clusterConnection';
import { checkServer, noPrimary, RedisUnreachable, unreachable } from './unreachable';

/** A connection that answered once. It reconnects by itself. */
export type RedisConnection = Redis | ClusterConnection;

/** What answers nothing for so long is away: to connect, and with commands under way. */
const ANSWER_MS = 10_000;
/** A sentinel that answers nothing for so long is passed over: there are others. */
const SENTINEL_MS = 3_000;
/** Asked after a connection was refused there: an answer comes soon or not at all. */
const TLS_MS = 3_000;
/** Reconnecting waits between these, so that a hundred workers do not come back as one. */
const RECONNECT_MS = { first: 50, longest: 2000 };

/**
 * A connection that answered, to a server that is new enough. It reconnects by itself, after a failover
 * to the new primary; what was under way when it broke is rejected and never sent again behind the
 * caller's back.
 *
 * @param name shown by `CLIENT LIST`
 * @throws RedisUnreachable
 */
export async function connect(address: ServerAddress, name: string): Promise<Redis>;
export async function connect(address: RedisAddress, name: string): Promise<RedisConnection>;
export async function connect(address: RedisAddress, name: string): Promise<RedisConnection> {
  if (address.url && !parseUrl(address.url)) {
    throw new RedisUnreachable(
      'The address of Redis is no URL. Write redis://HOST:PORT or rediss://HOST:PORT.',
      'unreachable',
    );
  }
  if (address.cluster) return connectToCluster(address, address.cluster, name);
  if (address.sentinels) return connectBySentinels(address, address.sentinels, name);
  return connectToServer(address, name);
}

/** One more connection to where `redis` leads, for what would keep others waiting. Not connected yet. */
export function another(redis: RedisConnection, name: string): RedisConnection {
  const connection =
    redis instanceof ClusterConnection
      ? redis.another(name)
      : redis.duplicate({ lazyConnect: true, autoResubscribe: false, connectionName: name });
  // It comes again by itself; who uses it sees that its commands fail.
  connection.on('error', () => undefined);
  return connection;
}

async function connectToServer(address: RedisAddress, name: string): Promise<Redis> {
  const options = { ...placeOptions(address), ...connectionOptions(address, name) };
  const redis = address.url ? new Redis(address.url, options) : new Redis(options);
  return entered(redis, address);
}

async function connectBySentinels(
  address: RedisAddress,
  sentinels: readonly string[],
  name: string,
): Promise<Redis> {
  const said: Error[] = [];
  let isFirst = true;
  const redis = new Redis({
    ...connectionOptions(address, name),
    sentinels: sentinels.map(endpoint),
    name: address.sentinelName ?? '',
    role: 'master',
    ...(address.sentinelPassword ? { sentinelPassword: address.sentinelPassword } : {}),
    ...(address.tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
    sentinelCommandTimeout: SENTINEL_MS,
    // The first time somebody waits for an answer; later it goes on until a sentinel has one.
    sentinelRetryStrategy: times => (isFirst ? null : reconnectDelay(times)),
  });
  const note = (error: Error) => said.push(error);
  redis.on('sentinelError', note);
  try {
    const connected = await entered(redis, address, error => {
      return /^All sentinels are unreachable/.test(error.message)
        ? noPrimary(address, said)
        : error;
    });
    isFirst = false;
    return connected;
  } finally {
    redis.off('sentinelError', note);
  }
}

/** One node has to answer for what is wrong to be said well; then all are used. */
async function connectToCluster(
  address: RedisAddress,
  nodes: readonly string[],
  name: string,
): Promise<ClusterConnection> {
  await checkCluster(address, nodes, name);
  const cluster = new ClusterConnection(nodes.map(endpoint), {
    clusterRetryStrategy: reconnectDelay,
    slotsRefreshTimeout: ANSWER_MS,
    redisOptions: connectionOptions(address, name),
  });
  let first: Error | undefined;
  cluster.on('error', error => {
    first ??= error;
  });
  try {
    await cluster.connect();
    await checkNodes(cluster, address);
    return cluster;
  } catch (error) {
    cluster.disconnect();
    if (error instanceof RedisUnreachable) throw error;
    throw unreachable(address, first ?? error);
  }
}

/** Throws what the last node said, if none of them is of use. */
async function checkCluster(
  address: RedisAddress,
  nodes: readonly string[],
  name: string,
): Promise<void> {
  let last: unknown;
  for (const node of nodes) {
    try {
      const redis = new Redis({ ...endpoint(node), ...connectionOptions(address, name) });
      (await entered(redis, address)).disconnect();
      return;
    } catch (error) {
      last = error;
      const isAlike = error instanceof RedisUnreachable && error.kind !== 'unreachable';
      // What one node refuses, the others would refuse too.
      if (isAlike) break;
    }
  }
  throw last;
}

/** Each primary has to be new enough; that one is away just now is no reason to refuse the others. */
async function checkNodes(cluster: ClusterConnection, address: RedisAddress): Promise<void> {
  const checks = cluster.nodes('master').map(async node => {
    const { host = '', port = 0 } = node.options;
    const own = node.duplicate({ retryStrategy: () => null, enableOfflineQueue: false });
    (await entered(own, address, error => unreachable({ host, port }, error))).disconnect();
  });
  const refusals = (await Promise.allSettled(checks)).flatMap(check =>
    check.status === 'rejected' ? [check.reason] : [],
  );
  const isAway = (error: unknown) =>
    error instanceof RedisUnreachable && error.kind === 'unreachable';
  const refused = refusals.find(error => !isAway(error)) ?? refusals[0];
  if (refused && (!isAway(refused) || refusals.length === checks.length)) throw refused;
}

/**
 * Waits for the first answer of a connection, and checks what answers.
 *
 * @param explain what is thrown for an error of ioredis
 */
async function entered(
  redis: Redis,
  address: RedisAddress,
  explain: (error: Error) => Error = error => error,
): Promise<Redis> {
  let first: Error | undefined;
  redis.on('error', error => {
    first ??= error;
  });
  try {
    await redis.connect();
    // It is ready all the same when there is no such database, and would work in another one.
    if (first) throw first;
    await checkServer(redis, address);
    return redis;
  } catch (error) {
    redis.disconnect();
    if (error instanceof RedisUnreachable) throw error;
    const explained = explain(first ?? (error as Error));
    throw explained instanceof RedisUnreachable ? explained : unreachable(address, explained);
  }
}

/** Whether what answers there speaks TLS, whatever its certificate: for who wrote `redis://` by mistake. */
export async function speaksTls(address: RedisAddress): Promise<boolean> {
  if (address.tls) return false;
  const url = address.url ? parseUrl(address.url) : undefined;
  const [node] = address.cluster ?? address.sentinels ?? [];
  const host = node ? endpoint(node).host : (url?.hostname.replace(/^\[|\]$/g, '') ?? address.host);
  if (!host || url?.protocol === 'rediss:') return false;
  const { connect: connectTls } = await import('node:tls');
  const port = node ? endpoint(node).port : Number(url?.port || address.port || 6379);
  return new Promise(resolve => {
    const socket = connectTls({ host, port, rejectUnauthorized: false, timeout: TLS_MS });
    const end = (speaks: boolean) => {
      socket.destroy();
      resolve(speaks);
    };
    socket.once('secureConnect', () => end(true));
    // It may also answer that it does not like how we begin.
    socket.once('error', error => end('code' in error && /SSL.*ALERT/.test(String(error.code))));
    socket.once('timeout', () => end(false));
  });
}

function placeOptions(address: RedisAddress): RedisOptions {
  return {
    ...(address.host ? { host: address.host, port: address.port ?? 6379 } : {}),
    ...(address.socket ? { path: address.socket } : {}),
  };
}

function connectionOptions(
  address: RedisAddress,
  name: string,
): RedisOptions & { replyMapping: 'legacy' } {
  return {
    ...(address.username ? { username: address.username } : {}),
    ...(address.password ? { password: address.password } : {}),
    ...(address.db === undefined ? {} : { db: address.db }),
    ...(address.tls ? { tls: {} } : {}),
    connectionName: name,
    lazyConnect: true,
    protocol: 2,
    replyMapping: 'legacy',
    // CLIENT SETINFO is newer than the oldest server we support.
    disableClientInfo: true,
    autoResendUnfulfilledCommands: false,
    // Without it, what was under way on a connection that broke would never be answered at all.
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    connectTimeout: ANSWER_MS,
    socketTimeout: ANSWER_MS,
    retryStrategy: reconnectDelay,
    // The answer is rejected as any other; the next try goes to whoever is the primary by then.
    reconnectOnError: isDemoted,
  };
}

/** Milliseconds. */
function reconnectDelay(times: number): number {
  const delay = Math.min(RECONNECT_MS.first * 2 ** Math.min(times, 10), RECONNECT_MS.longest);
  return delay * (0.5 + Math.random() / 2);
}
