/** A primary, a replica of it, and three sentinels that watch both: all real, on loopback. */
import { Redis } from 'ioredis';
import { type RedisAddress, redisAddress } from '../../src/queue/address';
import { startRedis, type TestRedis, type TestRedisOptions } from './redis';
import { until } from './until';

export interface WatchedRedis {
  /** For conf.json. */
  readonly conf: Readonly<Record<string, unknown>>;
  /** The same for `connect`. */
  readonly address: RedisAddress;
  readonly servers: readonly TestRedis[];
  readonly sentinels: readonly TestRedis[];
  /** The server that all sentinels name, once it alone takes itself for the primary. */
  primary(): Promise<TestRedis>;
  replica(): Promise<TestRedis>;
  /** Resolves when the replica has all that the primary has by now. */
  caughtUp(): Promise<void>;
  /** Sends a command to the sentinels, to each of them or to the first alone. */
  tellSentinels(words: readonly string[], which?: 'all' | 'first'): Promise<void>;
  /**
   * The primary was killed: has the sentinels find out soon. Otherwise they wait so long that no failover
   * comes by itself on a busy machine. Resolves to the new primary.
   *
   * @param cutOffMs how long the replica has not followed it
   */
  failOver(cutOffMs?: number): Promise<TestRedis>;
  stop(): Promise<void>;
}

const PASSWORD = 'of redis';
const SENTINEL_PASSWORD = 'of the sentinels';
const NAME = 'queues';

/** How long a server answers nothing before a sentinel takes it for dead, ms: longer than any is slow… */
const PATIENT_MS = 600_000;
/** …and less once one was killed. */
const DOWN_AFTER_MS = 1000;

/**
 * Returns when the replica follows, and the sentinels know it and each other.
 *
 * @param options of both servers
 */
export async function startWatchedRedis(
  options: Omit<TestRedisOptions, 'password' | 'sentinel'> = {},
): Promise<WatchedRedis> {
  const settings = { ...options.settings, masterauth: JSON.stringify(PASSWORD) };
  const both = { ...options, password: PASSWORD };
  const first = await startRedis({ ...both, settings });
  const replicaof = `127.0.0.1 ${first.port}`;
  const second = await startRedis({ ...both, settings: { ...settings, replicaof } });
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(first.port)));
  const servers = [first, second];
  const asked = sentinels.map(sentinel => sentinel.client());
  const primary = () => until(async () => namedByAll(asked, servers), { describe: 'one primary' });
  const replica = async () => {
    const { port } = await primary();
    return servers.find(server => server.port !== port) ?? second;
  };
  const tellSentinels: WatchedRedis['tellSentinels'] = async (words, which = 'all') => {
    for (const sentinel of which === 'all' ? asked : asked.slice(0, 1)) {
      await sentinel.call('SENTINEL', ...words);
    }
  };
  const downAfter = (ms: number) =>
    tellSentinels(['SET', NAME, 'down-after-milliseconds', String(Math.ceil(ms))]);
  const conf = {
    redis_sentinels: sentinels.map(({ port }) => `127.0.0.1:${port}`),
    redis_sentinel_name: NAME,
    redis_sentinel_pass: SENTINEL_PASSWORD,
    redis_pass: PASSWORD,
  };
  const watched: WatchedRedis = {
    conf,
    address: redisAddress({ ...conf, redis_port: first.port, redis_db: 0 }) ?? {},
    servers,
    sentinels,
    primary,
    replica,
    caughtUp: async () => caughtUp(await primary()),
    tellSentinels,
    async failOver(cutOffMs = 0) {
      // A replica that was cut off for more than ten times as long is not chosen.
      await downAfter(DOWN_AFTER_MS + cutOffMs / 5);
      const next = await primary();
      await downAfter(PATIENT_MS);
      return next;
    },
    async stop() {
      await Promise.all([...servers, ...sentinels].map(each => each.stop()));
    },
  };
  await until(() => knowEachOther(asked), { describe: 'the sentinels to know each other' });
  return watched;
}

function startSentinel(port: number): Promise<TestRedis> {
  return startRedis({
    sentinel: true,
    password: SENTINEL_PASSWORD,
    settings: {
      [`sentinel monitor ${NAME}`]: `127.0.0.1 ${port} 2`,
      [`sentinel auth-pass ${NAME}`]: JSON.stringify(PASSWORD),
      [`sentinel down-after-milliseconds ${NAME}`]: String(PATIENT_MS),
      [`sentinel failover-timeout ${NAME}`]: '6000',
      'sentinel sentinel-pass': JSON.stringify(SENTINEL_PASSWORD),
    },
  });
}

async function namedByAll(
  sentinels: readonly Redis[],
  servers: readonly TestRedis[],
): Promise<TestRedis | undefined> {
  const named = await Promise.all(
    sentinels.map(each => each.call('SENTINEL', 'get-master-addr-by-name', NAME)),
  );
  const ports = new Set(named.map(address => (Array.isArray(address) ? Number(address[1]) : 0)));
  const roles = await Promise.all(
    servers.map(server =>
      withServer(server, async redis => (await redis.role())[0]).catch(() => 'away'),
    ),
  );
  const [primary, ...others] = servers.filter((_, i) => roles[i] === 'master');
  return others.length === 0 && ports.size === 1 && primary && ports.has(primary.port)
    ? primary
    : undefined;
}

async function knowEachOther(sentinels: readonly Redis[]): Promise<boolean> {
  const seen = await Promise.all(
    sentinels.map(async each => {
      const info = await each.info('sentinel');
      if (!/status=ok,.*slaves=1,sentinels=3/.test(info)) return false;
      // It has asked the replica itself: before, it has none that could take over.
      const replicas = String(await each.call('SENTINEL', 'REPLICAS', NAME));
      return replicas.includes('master-host,127.0.0.1');
    }),
  );
  return seen.every(Boolean);
}

/** `wait` answers the number of replicas that have what this connection wrote: it writes first. */
async function caughtUp(primary: TestRedis): Promise<void> {
  await withServer(primary, async redis => {
    await redis.publish('caught up', '');
    await until(async () => (await redis.call('WAIT', 1, 1000)) === 1, {
      describe: 'the replica to have caught up',
    });
  });
}

/** On a connection that is ended afterwards, and does not wait for a server that is away. */
async function withServer<T>(server: TestRedis, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(server.url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on('error', () => undefined);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}
