import { describe, expect, it } from 'vitest';
import { readAddress, withTls, writeAddress } from '../../../src/extension/connection/address';

describe('the address of a Redis, as a person writes it', () => {
  it.each([
    ['node0:6400', 'redis://node0:6400'],
    [' node0 ', 'redis://node0'],
    ['redis://node0:6400/2', 'redis://node0:6400/2'],
    ['rediss://node0', 'rediss://node0'],
    ['[::1]:6400', 'redis://[::1]:6400'],
  ])('takes %j for %s', (written, url) => {
    expect(readAddress(written)).toEqual({ text: url, address: { url }, password: undefined });
  });

  it.each(['/run/redis.sock', 'unix:/run/redis.sock', 'unix:///run/redis.sock'])(
    'takes %j for a socket',
    written => {
      expect(readAddress(written)).toEqual({
        text: '/run/redis.sock',
        address: { socket: '/run/redis.sock' },
        password: undefined,
      });
    },
  );

  it.each([
    [
      'rediss+sentinel://ann:s%40crt@s1,s2:1/sweeps/2',
      'rediss+sentinel://ann@s1:26379,s2:1/sweeps/2',
      {
        ...{ sentinels: ['s1:26379', 's2:1'], sentinelName: 'sweeps', db: 2 },
        ...{ tls: true, username: 'ann' },
      },
    ],
    [
      'redis+sentinel://:s%40crt@[::1]',
      'redis+sentinel://[::1]:26379',
      { sentinels: ['[::1]:26379'], sentinelName: 'mymaster', db: 0 },
    ],
    [
      'redis+cluster://ann:s%40crt@n1:7000,n2',
      'redis+cluster://ann@n1:7000,n2:6379',
      { cluster: ['n1:7000', 'n2:6379'], username: 'ann' },
    ],
  ])('takes %s for several servers, and its password out', (written, text, address) => {
    const found = readAddress(written);
    expect(found).toEqual({ text, address, password: 's@crt' });
    expect(readAddress(text)).toEqual({ text, address, password: undefined });
    expect(readAddress(written.replace('+', '+x'))).toBeUndefined();
  });

  it('takes the password out, so that it can go elsewhere', () => {
    const found = readAddress('rediss://ann:s%40crt@node0:6400');
    expect(found).toEqual({
      text: 'rediss://ann@node0:6400',
      address: { url: 'rediss://node0:6400', username: 'ann' },
      password: 's@crt',
    });
    expect(JSON.stringify([found?.text, found?.address])).not.toContain('crt');
  });

  it('takes a socket with a user and a database, and writes it again', () => {
    const found = readAddress('unix://ann:s%40crt@/run/redis.sock?db=2');
    expect(found).toEqual({
      text: 'unix://ann@/run/redis.sock?db=2',
      address: { socket: '/run/redis.sock', username: 'ann', db: 2 },
      password: 's@crt',
    });
    expect(readAddress(found?.text ?? '')).toEqual({ ...found, password: undefined });
    expect(readAddress('/run/a@b.sock')?.address).toEqual({ socket: '/run/a@b.sock' });
  });

  it.each([
    [{ host: 'node0', port: 6400 }, 'redis://node0:6400'],
    [{ host: 'node0', tls: true, user: 'a@b', database: 2 }, 'rediss://a%40b@node0/2'],
    [{ host: '::1', port: 6400, database: 0 }, 'redis://[::1]:6400'],
    [{ socket: '/run/redis.sock', database: 0 }, '/run/redis.sock'],
  ])('is put together from %j', (parts, text) => {
    expect(writeAddress(parts)).toBe(text);
    expect(readAddress(text)?.text).toBe(text);
  });

  it('is the same over TLS', () => {
    const plain = readAddress('ann@node0:6400/1');
    expect(plain && withTls(plain)).toBe('rediss://ann@node0:6400/1');
  });

  const wrong = ['redis://node0/x', 'redis://a%zz@node0', 'unix:relative', '/run/r.sock?db=x'];
  it.each(['', 'http://node0', 'node 0', 'node0:99999', 'redis://', ...wrong])(
    'refuses %j',
    written => {
      expect(readAddress(written)).toBeUndefined();
    },
  );
});
