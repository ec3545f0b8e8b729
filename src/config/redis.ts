import { matching, text } from './kinds';
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

const SOCKET_URL = /^(?:unix:\/\/)?(\/[^?#]+)$/;

/** Its remedies repeat nothing of the value, which may hold a password. */
export const redisUrl = text(
  'redis://HOST:PORT/DATABASE, rediss://… for TLS, or unix:///PATH for a socket',
  value => {
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

function parsedUrl(value: string): URL | undefined {
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}

/** Three ways to say where Redis is. */
const PLACES = ['redis_url', 'redis_socket', 'redis_host'] as const satisfies SettingKey[];

/** Two places in one source: which one is meant cannot be known. */
export function ambiguousPlace(layer: Layer): ConfigProblem[] {
  const [first, ...others] = PLACES.flatMap(key => {
    const given = layer.get(key);
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
  if (!PLACES.some(key => stronger.has(key))) return merged;
  return new Map([...merged].filter(([key]) => !PLACES.some(place => place === key)));
}

/** A socket is a `redis_socket` however it was written, so that nobody else parses URLs for one. */
export function withSocket(config: Config): Config {
  const path = SOCKET_URL.exec(config.redis_url ?? '')?.[1];
  return path ? { ...config, redis_url: undefined, redis_socket: path } : config;
}
