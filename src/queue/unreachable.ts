/** Why a Redis cannot be used, in words that say what to do. */
import type { Redis } from 'ioredis';
import { describeAddress, type RedisAddress } from './address';

/** Redis cannot be used; the message says why and what to do. */
export class RedisUnreachable extends Error {
  override readonly name = 'RedisUnreachable';
  constructor(
    message: string,
    readonly kind:
      | 'unreachable'
      | 'refused_password'
      /** By the sentinels, which have one of their own. */
      | 'refused_sentinel_password'
      | 'too_old'
      /** What answers is no Redis of the kind that the address says. */
      | 'other_kind',
  ) {
    super(message);
  }
}

const OLDEST_SERVER = [6, 2] as const;

/**
 * Whether what answers there is new enough, and of the kind that the address says.
 *
 * @throws RedisUnreachable
 */
export async function checkServer(redis: Redis, address: RedisAddress): Promise<void> {
  const where = describeAddress(address);
  const info = await redis.info('server');
  const version = /^redis_version:(\d+)\.(\d+)/m.exec(info);
  // Valkey says a redis_version of 7.2 for the sake of programs that ask.
  const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)];
  if (major < OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor < OLDEST_SERVER[1])) {
    throw new RedisUnreachable(
      `Redis at ${where} is version ${major}.${minor}. DistComp needs 6.2 or newer, or Valkey.`,
      'too_old',
    );
  }
  const mode = /^redis_mode:(\w+)/m.exec(info)?.[1] ?? 'standalone';
  const remedy = address.cluster ? CLUSTER_REMEDIES[mode] : ONE_SERVER_REMEDIES[mode];
  if (remedy) throw new RedisUnreachable(`Redis at ${where} ${remedy}`, 'other_kind');
}

/** By what answers, where one server was meant. */
const ONE_SERVER_REMEDIES: Readonly<Record<string, string>> = {
  sentinel:
    'is a sentinel. Name it in redis_sentinels, or write redis+sentinel://HOST:PORT/NAME with the name of the primary.',
  cluster:
    'is a node of a Redis Cluster. Set redis_cluster to true, or write redis+cluster://HOST:PORT.',
};

/** By what answers, where a node of a cluster was meant. */
const CLUSTER_REMEDIES: Readonly<Record<string, string>> = {
  sentinel: 'is a sentinel and no node of a Redis Cluster. Name it in redis_sentinels.',
  standalone: 'is no node of a Redis Cluster. Leave redis_cluster out, or write redis://HOST:PORT.',
};

/** What ended a first try to connect, in words. */
export function unreachable(address: RedisAddress, error: unknown): RedisUnreachable {
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

/** When no sentinel named a primary. `said`: what those that were asked answered. */
export function noPrimary(address: RedisAddress, said: readonly Error[]): RedisUnreachable {
  const where = (address.sentinels ?? []).join(', ');
  const texts = said.map(({ message }) => message);
  if (texts.some(text => /WRONGPASS|NOAUTH|invalid password/i.test(text))) {
    return new RedisUnreachable(
      `The sentinels at ${where} refused the password. Give the right one as redis_sentinel_pass; redis_pass is that of Redis itself.`,
      'refused_sentinel_password',
    );
  }
  if (texts.some(text => /No such master|invalid reply: null/.test(text))) {
    return new RedisUnreachable(
      `The sentinels at ${where} know no primary "${address.sentinelName}". Give the name that stands after "sentinel monitor" in their configuration as redis_sentinel_name.`,
      'other_kind',
    );
  }
  if (texts.some(text => /unknown command/i.test(text))) {
    return new RedisUnreachable(
      `What answers at ${where} is no sentinel. Name it as redis_host if it is Redis itself.`,
      'other_kind',
    );
  }
  // Why, ioredis does not tell: it says of all of them that the connection is closed.
  return new RedisUnreachable(
    `No sentinel answers at ${where}. Are they running, and reachable from this machine?`,
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
  // Newer versions of Node add how to start Node, which nobody here does by hand.
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed certificate',
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
