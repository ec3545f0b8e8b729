import { describe, expect, it } from 'vitest';
import { parseTunnelLine } from '../../../../src/cluster/ssh/tunnelScript';

describe("what the host's end of a tunnel says", () => {
  it.each([
    ['t listen /tmp/a b/redis.sock', { word: 'listen', path: '/tmp/a b/redis.sock' }],
    ['t up /home/me/redis.sock', { word: 'up', path: '/home/me/redis.sock' }],
    ['t over', { word: 'over' }],
    ['t fail folder /tmp', { word: 'fail', message: 'Cannot write to /tmp. Make it writable.' }],
    [
      't fail length 107 /é',
      {
        word: 'fail',
        message:
          'The path of a socket has at most 107 bytes there, and /é has 3. Use an account with a shorter home folder.',
      },
    ],
    ['t nonsense', undefined],
    ['Welcome to t', undefined],
    ['tt up /x', undefined],
    ['', undefined],
  ])('%s', (line, expected) => {
    expect(parseTunnelLine('t', line)).toEqual(expected);
  });
});
