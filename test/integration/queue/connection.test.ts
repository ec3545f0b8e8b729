import { createServer, type Server, type Socket } from 'node:net';
import { type Redis, ReplyError } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeAddress, redisAddress, type ServerAddress } from '../../../src/queue/address';
import { ConnectionLost, isAway } from '../../../src/queue/away';
import { connect } from '../../../src/queue/connection';
import { counts } from '../../../src/queue/counts';
import { Queue } from '../../../src/queue/queue';
import { RedisUnreachable } from '../../../src/queue/unreachable';
import { startRedis, type TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';

const PASSWORD = 'p@ss: "w/rd" é#%';
let server: TestRedis;
let open: TestRedis;
const connections: Redis[] = [];
const listeners: { server: Server; sockets: Set<Socket> }[] = [];

beforeAll(async () => {
  [server, open] = await Promise.all([startRedis({ password: PASSWORD }), startRedis()]);
});
afterAll(async () => {
  await Promise.all([server.stop(), open.stop()]);
});
afterEach(() => {
  for (const connection of connections.splice(0)) connection.disconnect();
  for (const listener of listeners.splice(0)) {
    for (const socket of listener.sockets) socket.destroy();
    listener.server.close();
  }
});

async function enter(address: ServerAddress): Promise<Redis> {
  const redis = await connect(address, 'test');
  connections.push(redis);
  return redis;
}

async function refusal(address: ServerAddress): Promise<RedisUnreachable> {
  const error = await enter(address).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RedisUnreachable)) throw new Error(`expected a refusal, got ${error}`);
  return error;
}

/** A TCP server that is no Redis. */
async function listen(onData: (socket: Socket, text: string) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const listener = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', data => onData(socket, String(data)));
  });
  listeners.push({ server: listener, sockets });
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** What a server of another version would answer to anything. */
function versioned(version: string): Promise<number> {
  const info = `# Server\r\nredis_version:${version}\r\nloading:0\r\n`;
  return listen((socket, text) => {
    for (const [, command] of text.matchAll(/\$\d+\r\n(info|client|select|ping)\r\n/gi)) {
      socket.write(
        command?.toLowerCase() === 'info' ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n',
      );
    }
  });
}

describe('connect', () => {
  it('enters by host and port, by URL and by unix socket, with the password', async () => {
    const { port, socket, url } = server;
    const addresses: ServerAddress[] = [
      { host: '127.0.0.1', port, password: PASSWORD },
      { host: '127.0.0.1', port, username: 'default', password: PASSWORD },
      { url },
      { url: `redis://127.0.0.1:${port}`, password: PASSWORD },
      { url: `redis://default:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/0` },
      { socket, password: PASSWORD },
    ];
    for (const address of addresses) {
      const redis = await enter(address);
      expect(await redis.ping()).toBe('PONG');
      expect(await redis.client('GETNAME')).toBe('test');
    }
  });

  it('enters the database that was asked for', async () => {
    const { port, socket } = open;
    const plain = await enter({ host: '127.0.0.1', port });
    await plain.flushall();
    const addresses: ServerAddress[] = [
      { host: '127.0.0.1', port, db: 3 },
      { url: `redis://127.0.0.1:${port}/3` },
      { socket, db: 3 },
    ];
    for (const address of addresses) await (await enter(address)).incr('entered');
    expect(await plain.exists('entered')).toBe(0);
    await plain.select(3);
    expect(await plain.get('entered')).toBe('3');
  });

  it('refuses a database that is not there, instead of working in another one', async () => {
    const { port } = open;
    for (const address of [
      { host: '127.0.0.1', port, db: 16 },
      { url: `redis://127.0.0.1:${port}/16` },
    ]) {
      const { kind, message } = await refusal(address);
      expect(kind).toBe('unreachable');
      expect(message).toBe(
        `Redis at 127.0.0.1:${port} has no database of that number. Most have 0 to 15.`,
      );
    }
  });

  it.each<[string, (port: number) => ServerAddress]>([
    ['a wrong password', port => ({ host: '127.0.0.1', port, password: 'secret-but-wrong' })],
    ['no password', port => ({ host: '127.0.0.1', port })],
    ['a wrong password in a URL', port => ({ url: `redis://:secret-but-wrong@127.0.0.1:${port}` })],
    ['a wrong user', port => ({ host: '127.0.0.1', port, username: 'nobody', password: PASSWORD })],
  ])('says of %s that it was refused', async (_, address) => {
    const { kind, message } = await refusal(address(server.port));
    expect(message).toBe(
      `Redis at 127.0.0.1:${server.port} refused the password. Give the right one.`,
    );
    expect(kind).toBe('refused_password');
  });

  it('enters where no password is needed, though one was given', async () => {
    const redis = await enter({ host: '127.0.0.1', port: open.port, password: 'not needed' });
    expect(await redis.ping()).toBe('PONG');
  });

  it('says where nobody listens, and does not go on trying', async () => {
    // Nobody takes it meanwhile, as somebody may take a port that was free a moment ago.
    const port = 1;
    const { kind, message } = await refusal({ host: '127.0.0.1', port });
    expect(kind).toBe('unreachable');
    expect(message).toBe(
      `Cannot reach Redis at 127.0.0.1:${port}: connection refused. Is it running, and reachable from this machine?`,
    );
    const socket = await refusal({ socket: '/nowhere/redis.sock' });
    expect(socket.message).toBe(
      'Cannot reach Redis at /nowhere/redis.sock: no such socket. Is it running, and reachable from this machine?',
    );
  });

  it('says that a host has no address', async () => {
    const { message } = await refusal({ host: 'no-such-host.invalid' });
    expect(message).toMatch(
      /^Cannot reach Redis at no-such-host\.invalid:6379: (no such host|the name could not be looked up)\. /,
    );
  });

  it('refuses what answers and is no Redis', async () => {
    const port = await listen(socket => {
      socket.write('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
    });
    const { kind, message } = await refusal({ host: '127.0.0.1', port });
    expect(kind).toBe('unreachable');
    expect(message).toBe(
      `Cannot reach Redis at 127.0.0.1:${port}: what answers there is no Redis. Is it running, and reachable from this machine?`,
    );
  });

  it('refuses what closes the connection', async () => {
    const port = await listen(socket => socket.destroy());
    const { message } = await refusal({ host: '127.0.0.1', port });
    expect(message).toContain(
      `Cannot reach Redis at 127.0.0.1:${port}: it closed the connection. `,
    );
  });

  it.each(['5.0.7', '6.0.16', '2.8'])('refuses version %s with what is needed', async version => {
    const port = await versioned(version);
    const { kind, message } = await refusal({ host: '127.0.0.1', port });
    expect(kind).toBe('too_old');
    const [major, minor] = version.split('.');
    expect(message).toBe(
      `Redis at 127.0.0.1:${port} is version ${major}.${minor}. DistComp needs 6.2 or newer, or Valkey.`,
    );
  });

  it.each(['6.2.0', '7.0.15', '8.0.0', '10.1.2'])('takes version %s', async version => {
    const redis = await enter({ host: '127.0.0.1', port: await versioned(version) });
    expect(redis.status).toBe('ready');
  });

  it('refuses an address that is no URL of Redis', async () => {
    for (const url of ['localhost:6379', 'http://localhost', '', 'redis']) {
      if (url === '') continue;
      const { message } = await refusal({ url });
      expect(message).toBe(
        'The address of Redis is no URL. Write redis://HOST:PORT or rediss://HOST:PORT.',
      );
    }
  });
});

describe('a connection that breaks', () => {
  it('rejects what was under way, at once and for good, and comes back by itself', async () => {
    const redis = await enter({ host: '127.0.0.1', port: open.port });
    const other = await enter({ host: '127.0.0.1', port: open.port });
    const id = await redis.client('ID');
    const rejected = expect(redis.blpop('never', 0)).rejects.toSatisfy(isAway);
    await until(async () => String(await other.client('LIST')).includes('cmd=blpop'));
    await other.client('KILL', 'ID', String(id));
    await rejected;
    await until(() => redis.ping(), { describe: 'the connection to come back' });
    expect(await redis.client('ID')).not.toBe(id);
    // It was not sent again.
    expect(String(await other.client('LIST'))).not.toContain('cmd=blpop');
  });

  it('rejects what is asked while it is away, instead of keeping it for later', async () => {
    const away = await startRedis();
    const redis = await enter({ host: '127.0.0.1', port: away.port });
    await redis.save();
    await away.kill();
    await until(() => redis.status !== 'ready');
    await expect(redis.incr('counted')).rejects.toSatisfy(isAway);
    await expect(counts(new Queue(redis, 'default'))).rejects.toThrow(
      new ConnectionLost(undefined).message,
    );
    await away.restart();
    await until(() => redis.ping());
    expect(await redis.exists('counted')).toBe(0);
    await away.stop();
  });
});

describe('what accepts and never answers', () => {
  // Both wait for the same ten seconds.
  it('is given up on when connecting, and with something under way', async () => {
    const port = await listen(() => undefined);
    const connecting = refusal({ host: '127.0.0.1', port });
    const frozen = await startRedis();
    const redis = await enter({ host: '127.0.0.1', port: frozen.port });
    process.kill(frozen.pid, 'SIGSTOP');
    try {
      await expect(counts(new Queue(redis, 'default'))).rejects.toBeInstanceOf(ConnectionLost);
    } finally {
      process.kill(frozen.pid, 'SIGCONT');
    }
    await until(() => redis.ping(), { describe: 'the connection to come back' });
    await frozen.stop();
    const { kind, message } = await connecting;
    expect(kind).toBe('unreachable');
    expect(message).toContain(`Cannot reach Redis at 127.0.0.1:${port}: no answer. `);
  });
});

describe('what Redis refuses', () => {
  it('is told from its being away', async () => {
    const redis = await enter({ host: '127.0.0.1', port: open.port });
    const refused = await redis.call('NO-SUCH-COMMAND').catch((error: unknown) => error);
    expect(isAway(refused)).toBe(false);
    expect(isAway(new TypeError('expected a string'))).toBe(false);
    expect(isAway(undefined)).toBe(false);
    expect(isAway(new ReplyError('LOADING Redis is loading the dataset in memory'))).toBe(true);
    expect(isAway(new ConnectionLost(undefined))).toBe(true);
  });
});

describe('an address in words', () => {
  it.each<[ServerAddress, string]>([
    [{ host: 'node0', port: 6400, username: 'u', password: 'secret' }, 'node0:6400'],
    [{ host: 'node0' }, 'node0:6379'],
    [{}, 'localhost:6379'],
    [{ socket: '/run/redis.sock', password: 'secret' }, '/run/redis.sock'],
    [{ url: 'redis://user:secret@node0:6400/2?x=secret' }, 'node0:6400'],
    [{ url: 'rediss://:secret@node0' }, 'node0:6379'],
    [{ url: 'redis://:sec%20ret@[::1]:6400' }, '[::1]:6400'],
    [{ url: 'redis://:secret/with:slash@node0:6400' }, 'an address that is no URL'],
    [{ url: 'user:secret@node0:6400' }, 'an address that is no URL'],
  ])('of %j is %s and never the password', (address, words) => {
    expect(describeAddress(address)).toBe(words);
    expect(words).not.toContain('secret');
  });
});

describe('the address of a configuration', () => {
  const none = { redis_port: 6379, redis_db: 0 };

  it('is none when no Redis is configured', () => {
    expect(redisAddress(none)).toBeUndefined();
  });

  it('is a host and port, a socket, or a URL, with credentials and database', () => {
    const credentials = { redis_user: 'u', redis_pass: 'p' };
    expect(redisAddress({ ...none, redis_host: 'node0', redis_port: 6400, redis_db: 2 })).toEqual({
      host: 'node0',
      port: 6400,
      db: 2,
    });
    expect(redisAddress({ ...none, ...credentials, redis_socket: '/s' })).toEqual({
      socket: '/s',
      username: 'u',
      password: 'p',
      db: 0,
    });
    expect(redisAddress({ ...none, ...credentials, redis_url: 'redis://h/1' })).toEqual({
      url: 'redis://h/1',
      username: 'u',
      password: 'p',
    });
  });
});
