import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../src/cluster/ssh/failures';
import { forwarding, tunnelled } from '../../../../src/cluster/ssh/redisPlace';
import { argumentsFor } from '../../../../src/cluster/ssh/sshProgram';
import type { RedisAddress } from '../../../../src/queue/address';

describe('a Redis that hosts reach through a tunnel', () => {
  it.each<[string, RedisAddress, object]>([
    [
      'a URL with everything',
      { url: 'redis://me:p%40ss%2F@node0:6400/3', username: 'beside', password: 'beside' },
      {
        place: { host: 'node0', port: 6400 },
        config: { queue: 'q', redis_user: 'me', redis_pass: 'p@ss/', redis_db: 3 },
      },
    ],
    [
      'a URL with a password alone',
      { url: 'redis://:pw@[::1]' },
      {
        place: { host: '::1', port: 6379 },
        config: { queue: 'q', redis_pass: 'pw', redis_db: 0 },
      },
    ],
    [
      'a URL, and a password beside it',
      { url: 'redis://node0/', username: 'me', password: 'pw' },
      {
        place: { host: 'node0', port: 6379 },
        config: { queue: 'q', redis_user: 'me', redis_pass: 'pw', redis_db: 0 },
      },
    ],
    [
      'a host',
      { host: 'node0', port: 6400, password: 'pw', db: 2 },
      {
        place: { host: 'node0', port: 6400 },
        config: { queue: 'q', redis_pass: 'pw', redis_db: 2 },
      },
    ],
    [
      'a socket',
      { socket: '/run/redis.sock', db: 0 },
      { place: { socket: '/run/redis.sock' }, config: { queue: 'q', redis_db: 0 } },
    ],
  ])('%s', (_, address, expected) => {
    const given = {
      queue: 'q',
      redis_url: 'redis://x',
      redis_host: 'x',
      redis_port: 1,
      redis_socket: '/x',
      redis_user: 'x',
      redis_pass: 'x',
      redis_db: 9,
    };
    expect(tunnelled(given, address)).toEqual(expected);
  });

  it('has no TLS', () => {
    expect(tunnelled({}, { url: 'rediss://node0' })).toEqual({
      problem: expect.stringContaining('Give an address without TLS'),
    });
    expect(tunnelled({}, { host: 'node0', port: 1, tls: true })).toHaveProperty('problem');
  });

  it.each([
    [{ sentinels: ['s1:26379'], sentinelName: 'm' }, 'A tunnel cannot lead to Redis Sentinel'],
    [{ cluster: ['n1:7000'] }, 'A tunnel cannot lead to a Redis Cluster'],
  ])('is not %j, which names other servers', (address, problem) => {
    expect(tunnelled({}, address)).toEqual({ problem: expect.stringContaining(problem) });
  });

  it.each([
    [{ host: 'node0', port: 6379 }, '/tmp/a.sock:node0:6379'],
    [{ host: '::1', port: 6379 }, '/tmp/a.sock:[::1]:6379'],
    [{ socket: '/run/a b.sock' }, '/tmp/a.sock:/run/a b.sock'],
    [{ socket: '/run/a:b\\c.sock' }, '/tmp/a.sock:/run/a\\:b\\\\c.sock'],
  ])('%j is forwarded to as ssh has it', (place, text) => {
    expect(forwarding('/tmp/a.sock', place)).toBe(text);
  });
});

describe('the arguments of a connection', () => {
  it('hold what is particular to it once', async () => {
    const args = await argumentsFor(
      { name: 'me@a:22', address: 'a', user: 'me', port: 22 },
      { configFile: '/c' },
      { settings: { ServerAliveInterval: '10', ControlMaster: 'yes' } },
    );
    expect(args.filter(arg => arg.startsWith('ServerAliveInterval'))).toEqual([
      'ServerAliveInterval=10',
    ]);
    expect(args).toEqual(expect.arrayContaining(['ControlMaster=yes', 'ClearAllForwardings=yes']));
    expect(args.slice(-6)).toEqual(['-p', '22', '-l', 'me', '--', 'a']);
  });
});

describe('a server that forbids tunnels', () => {
  it('is told from one that cannot be reached', () => {
    const said =
      'mux_client_forward: forwarding request failed: remote port forwarding failed for listen path /tmp/x\nmuxclient: master forward request failed';
    expect(failureOf({ name: 'a', address: 'a' }, said).kind).toBe('forbidden_forwarding');
  });
});
