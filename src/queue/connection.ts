import { Redis, type RedisOptions, ReplyError } from 'ioredis';

/** Where a Redis is and how to enter it. One of `url`, `host` and `socket` is set. */
export interface RedisAddress {
  /** `redis://` or `rediss://` (TLS), with user, password and database as far as there are any. */
  url?: string;
  host?: string;
  port?: number;
  /** Path of a unix socket. */
  socket?: string;
  username?: string;
  password?: string;
  db?: number;
}

/** The part of a configuration that says where Redis is. */
interface RedisSettings {
  redis_url?: string | undefined;
  redis_host?: string | undefined;
  redis_port: number;
  redis_socket?: string | undefined;
  redis_user?: string | undefined;
  redis_pass?: string | undefined;
  redis_db: number;
}

/** The connection broke while something was under way, which may have been done or not. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  constructor(cause: unknown) {
    super('the connection is closed', { cause });
  }
}

/** Whether Redis was away, as opposed to having refused. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // While it loads its data it is not there yet.
  if (error instanceof ReplyError) return /^LOADING/.test(error.message);
  return (
    error instanceof ConnectionLost ||
    error.name === 'MaxRetriesPerRequestError' ||
    /connection is closed|isn't writeable|^Socket timeout|^(read|write|connect) E/i.test(
      error.message,
    )
  );
}

/** Redis cannot be used; the message says why and what to do. */
export class RedisUnreachable extends Error {
  override readonly name = 'RedisUnreachable';
  constructor(
    message: string,
    readonly kind: 'unreachable' | 'refused_password' | 'too_old',
  ) {
    super(message);
  }
}

/** What answers nothing for so long is away: to connect, and with commands under way. */
const ANSWER_MS = 10_000;
/** Asked after a connection was refused there: an answer comes soon or not at all. */
const TLS_MS = 3_000;
/** Reconnecting waits between these, so that a hundred workers do not come back as one. */
const RECONNECT_MS = { first: 50, longest: 2000 };
const OLDEST_SERVER = [6, 2] as const;

/** undefined when the configuration names no Redis. */
export function redisAddress(settings: RedisSettings): RedisAddress | undefined {
  const credentials = {
    ...(settings.redis_user ? { username: settings.redis_user } : {}),
    ...(settings.redis_pass ? { password: settings.redis_pass } : {}),
  };
  if (settings.redis_url) return { url: settings.redis_url, ...credentials };
  const place = settings.redis_socket
    ? { socket: settings.redis_socket }
    : settings.redis_host
      ? { host: settings.redis_host, port: settings.redis_port }
      : undefined;
  return place && { ...place, ...credentials, db: settings.redis_db };
}

/** `node0:6400` or a socket's path: never a password. */
export function describeAddress(address: RedisAddress): string {
  if (address.socket) return address.socket;
  if (address.url) {
    const url = parseUrl(address.url);
    return url ? `${url.hostname || 'localhost'}:${url.port || 6379}` : 'an address that is no URL';
  }
  return `${address.host ?? 'localhost'}:${address.port ?? 6379}`;
}

/**
 * A connection that answered, to a server that is new enough. It reconnects by itself; what was under
 * way when it broke is rejected and never sent again behind the caller's back.
 *
 * @param name shown by `CLIENT LIST`
 * @throws RedisUnreachable
 */
export async function connect(address: RedisAddress, name: string): Promise<Redis> {
  if (address.url && !parseUrl(address.url)) {
    throw new RedisUnreachable(
      'The address of Redis is no URL. Write redis://HOST:PORT or rediss://HOST:PORT.',
      'unreachable',
    );
  }
  const options = connectionOptions(address, name);
  const redis = address.url ? new Redis(address.url, options) : new Redis(options);
  let first: Error | undefined;
  redis.on('error', error => {
    first ??= error;
  });
  try {
    await redis.connect();
    // It is ready all the same when there is no such database, and would work in another one.
    if (first) throw first;
    await checkVersion(redis, address);
    return redis;
  } catch (error) {
    redis.disconnect();
    if (error instanceof RedisUnreachable) throw error;
    throw unreachable(address, first ?? error);
  }
}

/** Whether what answers there speaks TLS, whatever its certificate: for who wrote `redis://` by mistake. */
export async function speaksTls(address: RedisAddress): Promise<boolean> {
  const url = address.url ? parseUrl(address.url) : undefined;
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? address.host;
  if (!host || url?.protocol === 'rediss:') return false;
  const { connect: connectTls } = await import('node:tls');
  const port = Number(url?.port || address.port || 6379);
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

function connectionOptions(
  address: RedisAddress,
  name: string,
): RedisOptions & { replyMapping: 'legacy' } {
  return {
    ...(address.host ? { host: address.host, port: address.port ?? 6379 } : {}),
    ...(address.socket ? { path: address.socket } : {}),
    ...(address.username ? { username: address.username } : {}),
    ...(address.password ? { password: address.password } : {}),
    ...(address.db === undefined ? {} : { db: address.db }),
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
    retryStrategy: times =>
      Math.min(RECONNECT_MS.first * 2 ** Math.min(times, 10), RECONNECT_MS.longest) *
      (0.5 + Math.random() / 2),
  };
}

async function checkVersion(redis: Redis, address: RedisAddress): Promise<void> {
  const info = await redis.info('server');
  const version = /^redis_version:(\d+)\.(\d+)/m.exec(info);
  // Valkey says a redis_version of 7.2 for the sake of programs that ask.
  const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)];
  if (major > OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor >= OLDEST_SERVER[1])) return;
  throw new RedisUnreachable(
    `Redis at ${describeAddress(address)} is version ${major}.${minor}. DistComp needs 6.2 or newer, or Valkey.`,
    'too_old',
  );
}

function unreachable(address: RedisAddress, error: unknown): RedisUnreachable {
  const where = describeAddress(address);
  const text = error instanceof Error ? error.message : String(error);
  if (/WRONGPASS|NOAUTH|invalid password/i.test(text)) {
    return new RedisUnreachable(
      `Redis at ${where} refused the password. Give the right one.`,
      'refused_password',
    );
  }
  if (/DB index/.test(text)) {
    return new RedisUnreachable(
      `Redis at ${where} has no database of that number. Most have 0 to 15.`,
      'unreachable',
    );
  }
  return new RedisUnreachable(
    `Cannot reach Redis at ${where}: ${reason(error, text)}. Is it running, and reachable from this machine?`,
    'unreachable',
  );
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name could not be looked up',
  ENOENT: 'no such socket',
  EACCES: 'no permission',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no route to the host',
  ECONNRESET: 'it closed the connection',
};

/** What ioredis says without a code. */
const REASONS_IN_WORDS: readonly (readonly [RegExp, string])[] = [
  [/^Socket timeout/, 'no answer'],
  [/^Connection is closed/, 'it closed the connection'],
  [/^Unknown RESP type|^Protocol error/, 'what answers there is no Redis'],
];

function reason(error: unknown, text: string): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words = REASONS_IN_WORDS.find(([said]) => said.test(text))?.[1];
  return REASONS[code] ?? words ?? text.replace(/\.$/, '');
}

function parseUrl(text: string): URL | undefined {
  try {
    const url = new URL(text);
    return /^rediss?:$/.test(url.protocol) ? url : undefined;
  } catch {
    return undefined;
  }
}
