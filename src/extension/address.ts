/** What a person may write for the address of a Redis, taken apart. */
import type { RedisAddress } from '../queue/connection';

export interface WrittenAddress {
  /** Without its password, as it may stand in the settings. */
  text: string;
  /** Without a password. */
  address: RedisAddress;
  /** The password that was written into the text, where it must not stay. */
  password: string | undefined;
}

/**
 * `redis://user@node0:6400/2`, `rediss://…` (TLS), `node0:6400`, `node0`, `/path/of/redis.sock` or
 * `unix:/path`. Undefined when it is none of these.
 */
export function readAddress(written: string): WrittenAddress | undefined {
  const text = written.trim();
  const socket = /^(?:unix:(?:\/\/)?)?(\/.+)$/.exec(text)?.[1];
  if (socket) return { text: socket, address: { socket }, password: undefined };
  const url = parseUrl(text.includes('://') ? text : `redis://${text}`);
  if (!url) return undefined;
  const password = url.password ? decodeURIComponent(url.password) : undefined;
  url.password = '';
  const username = decodeURIComponent(url.username);
  const shown = url.toString().replace(/\/$/, '');
  // ioredis takes an empty password in a URL with a user for the one to use: it goes in apart.
  url.username = '';
  const address = { url: url.toString(), ...(username ? { username } : {}) };
  return { text: shown, address, password };
}

function parseUrl(text: string): URL | undefined {
  try {
    const url = new URL(text);
    const known = url.protocol === 'redis:' || url.protocol === 'rediss:';
    return known && url.hostname !== '' ? url : undefined;
  } catch {
    return undefined;
  }
}
