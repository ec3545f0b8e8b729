import { hostname } from 'node:os';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { queueFolder } from '../../../../src/cluster/ssh/queueFolder';
import type { RedisAddress } from '../../../../src/queue/address';

vi.mock('node:os', async original => ({
  ...(await original<typeof import('node:os')>()),
  hostname: vi.fn(() => 'laptop'),
}));

// Files share their modules: one before this may have loaded those below with the real name.
vi.hoisted(() => vi.resetModules());
afterAll(() => {
  vi.doUnmock('node:os');
  vi.resetModules();
});

const of = (address: RedisAddress, queue = 'default') => queueFolder(address, queue);

describe('the folder of a queue on a host', () => {
  it.each<[string, RedisAddress, RedisAddress]>([
    ['a URL', { host: 'node0', port: 6400 }, { url: 'redis://node0:6400' }],
    ['capitals', { host: 'node0' }, { url: 'redis://NODE0' }],
    ['TLS', { host: 'node0' }, { url: 'rediss://node0:6379/0' }],
    ['who enters', { host: 'node0' }, { url: 'redis://ada:secret@node0', password: 'x' }],
    ['the loopback address', { host: '127.0.0.1' }, { url: 'redis://localhost:6379' }],
    ['its other one', { host: '::1' }, { url: 'redis://[::1]' }],
    [
      'sentinels in another order',
      { sentinels: ['a:1', 'b:1'], sentinelName: 'm' },
      { sentinels: ['b:1', 'a:1'], sentinelName: 'm' },
    ],
    ['nodes in another order', { cluster: ['a:1', 'b:1'] }, { cluster: ['b:1', 'a:1'] }],
    ['a database in a URL', { host: 'node0', db: 2 }, { url: 'redis://node0/2' }],
  ])('is the same for the same Redis: %s', (_, one, other) => {
    expect(of(one)).toBe(of(other));
    expect(of(one)).toMatch(/^[\da-f]{8}$/);
  });

  it('is another one for another queue, host, port, database or socket', () => {
    const all = [
      of({ host: 'node0' }),
      of({ host: 'node0' }, 'other'),
      of({ host: 'node1' }),
      of({ host: 'node0', port: 6400 }),
      of({ host: 'node0', db: 1 }),
      of({ socket: '/run/redis.sock' }),
      of({ socket: '/run/other.sock' }),
      of({ host: 'localhost' }),
      of({ sentinels: ['s1:26379', 's2:26379'], sentinelName: 'one' }),
      of({ sentinels: ['s1:26379', 's2:26379'], sentinelName: 'two' }),
      of({ cluster: ['s1:26379', 's2:26379'] }),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it.each<[string, RedisAddress]>([
    ['loopback address', { host: 'localhost' }],
    ['socket', { socket: '/run/redis.sock' }],
  ])('tells the %s of a machine from that of another', (_, address) => {
    const here = of(address);
    vi.mocked(hostname).mockReturnValueOnce('desk');
    expect(of(address)).not.toBe(here);
    expect(of(address)).toBe(here);
  });
});
