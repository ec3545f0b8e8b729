import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseHostFile } from '../../../../src/cluster/ssh/hostFile';
import { type Host, parseHost } from '../../../../src/cluster/ssh/hosts';

describe('a host', () => {
  it.each<[string, Omit<Host, 'name'>]>([
    ['node1', { address: 'node1' }],
    ['10.10.1.1', { address: '10.10.1.1' }],
    ['ada@node1.example.org', { address: 'node1.example.org', user: 'ada' }],
    ['ada@node1:2222', { address: 'node1', user: 'ada', port: 2222 }],
    ['[fe80::1%eth0]:22', { address: 'fe80::1%eth0', port: 22 }],
    ['root@[::1]', { address: '::1', user: 'root' }],
    ['gpu_login-2', { address: 'gpu_login-2' }],
  ])('is read from %s', (text, host) => {
    expect(parseHost(text)).toEqual({ name: text, ...host });
  });

  it.each([
    ['-oProxyCommand=sh', 'a host is [user@]host[:port], found "-oProxyCommand=sh"'],
    ['-l@node1', 'a host is [user@]host[:port], found "-l@node1"'],
    ['ada@-x', 'a host is [user@]host[:port], found "ada@-x"'],
    ['node1;reboot', 'a host is [user@]host[:port], found "node1;reboot"'],
    ['node1 node2', 'one host a line, found "node1 node2". Write each on a line of its own'],
    ['fe80::1', 'an IPv6 address stands in brackets, found "fe80::1". Write [fe80::1]'],
    ['node1:0', 'a port is a number from 1 to 65,535, found 0'],
    ['node1:65536', 'a port is a number from 1 to 65,535, found 65536'],
    ['node1:ssh', 'a host is [user@]host[:port], found "node1:ssh"'],
    ['', 'a host is [user@]host[:port], found ""'],
  ])('is none in %s', (text, problem) => {
    expect(parseHost(text)).toEqual({ problem });
  });
});

describe('a host file', () => {
  it("is the original's, as it is shipped", () => {
    const text = readFileSync(
      new URL('../../../fixtures/original/original-host', import.meta.url),
      'utf8',
    );
    const { hosts, problems } = parseHostFile(text);
    expect(hosts.map(({ address }) => address)).toEqual(['10.10.1.1', '10.10.1.2']);
    expect(problems).toEqual([]);
  });

  it('leaves out comments, blank lines and hosts that were there, and says where others are wrong', () => {
    const text =
      '# the old rack\r\n\r\nnode1 # slow\n  ada@node2:22\nnode1\n  -bad\n#node3\nnode#4\n';
    const { hosts, problems } = parseHostFile(text);
    expect(hosts.map(({ name }) => name)).toEqual(['node1', 'ada@node2:22']);
    expect(problems).toEqual([
      { line: 6, column: 3, message: 'a host is [user@]host[:port], found "-bad"' },
      { line: 8, column: 1, message: 'a host is [user@]host[:port], found "node#4"' },
    ]);
  });
});
