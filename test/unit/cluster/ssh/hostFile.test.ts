import { describe, expect, it } from 'vitest';
import { parseHostFile } from '../../../../src/cluster/ssh/hostFile';
import { parseHostLine } from '../../../../src/cluster/ssh/hostLine';

describe('a line of a host file', () => {
  it('says what holds for its host', () => {
    const line =
      'ada@node1:22 workers=2 node=/opt/node cwd="/my data" env.A="x y=z" lanes=false drain_seconds=5';
    expect(parseHostLine(line)).toEqual({
      name: 'ada@node1:22',
      address: 'node1',
      user: 'ada',
      port: 22,
      settings: {
        workers: 2,
        node: '/opt/node',
        cwd: '/my data',
        environment: { A: 'x y=z' },
        config: { lanes: false, drain_seconds: 5 },
      },
    });
    expect(parseHostLine('node1')).toEqual({ name: 'node1', address: 'node1' });
  });

  it.each([
    ['node1 node2', 'one host a line, and what holds for it as name=value, found "node2"'],
    ['node1 =3', 'one host a line, and what holds for it as name=value, found "=3"'],
    ['node1 workers=0', 'workers must be a whole number from 1 to 1,000, found "0"'],
    ['node1 workers=two', 'workers must be a whole number from 1 to 1,000, found "two"'],
    ['node1 cwd=data', 'cwd must be a path from the root, found "data"'],
    ['node1 queue=other', 'queue is the same for all hosts. Write it in conf.json'],
    [
      'node1 lanes=4',
      'lanes must be true or false, found "4". For tasks at a time, write max_task_per_worker=4',
    ],
    ['node1 worker=2', 'worker is nothing that a host has. Did you mean workers?'],
    [
      'node1 colour=blue',
      'colour is nothing that a host has. Hosts have workers, node, cwd, env.NAME and the settings of workers',
    ],
    [
      'node1 drain_seconds=-1',
      'drain_seconds must be a number of seconds from 0 to 2,000,000, found -1',
    ],
    [
      'node1 env.1A=x',
      'env.1A is nothing that a host has. Hosts have workers, node, cwd, env.NAME and the settings of workers',
    ],
  ])('is refused: %s', (line, problem) => {
    expect(parseHostLine(line)).toEqual({ problem });
  });
});

describe('groups of a host file', () => {
  it('have the hosts under their headings; what is said of a host later counts', () => {
    const { hosts, groups, problems } = parseHostFile(
      'a workers=2 env.X=1\n[gpu]\nb\na cwd=/x env.Y=2\n[cpu]\na workers=3\n[::1]\n',
    );
    expect(problems).toEqual([]);
    expect(hosts.map(({ name }) => name)).toEqual(['a', 'b', '[::1]']);
    expect(hosts[0]?.settings).toEqual({
      workers: 3,
      cwd: '/x',
      environment: { X: '1', Y: '2' },
      config: {},
    });
    expect([...groups].map(([name, members]) => [name, [...members]])).toEqual([
      ['gpu', ['b', 'a']],
      ['cpu', ['a', '[::1]']],
    ]);
  });
});
