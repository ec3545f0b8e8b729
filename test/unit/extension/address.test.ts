import { describe, expect, it } from 'vitest';
import { readAddress } from '../../../src/extension/address';

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

  it('takes the password out, so that it can go elsewhere', () => {
    const found = readAddress('rediss://ann:s%40crt@node0:6400');
    expect(found).toEqual({
      text: 'rediss://ann@node0:6400',
      address: { url: 'rediss://node0:6400', username: 'ann' },
      password: 's@crt',
    });
    expect(JSON.stringify([found?.text, found?.address])).not.toContain('crt');
  });

  it.each(['', 'http://node0', 'node 0', 'node0:99999', 'redis://'])('refuses %j', written => {
    expect(readAddress(written)).toBeUndefined();
  });
});
