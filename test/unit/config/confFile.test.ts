import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConfFile } from '../../../src/config/confFile';
import { settingFault } from '../../../src/config/schema';
import { isConfOfOurs } from '../../../src/config/sources';

const LAPTOP = { memoryGb: 16, cores: 8 };
const originalConf = readFileSync(
  new URL('../../fixtures/original/original-conf.json', import.meta.url),
  'utf8',
);

const read = (text: string) => {
  const found = readConfFile(text, 'conf.json', LAPTOP);
  if ('problems' in found) throw new Error(JSON.stringify(found.problems));
  return found;
};
const problems = (text: string) => {
  const found = readConfFile(text, 'conf.json', LAPTOP);
  if (!('problems' in found)) throw new Error('there is no problem');
  return found.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
};

describe('a conf.json that is taken over', () => {
  it('says what stands in it, and nothing that is a default', () => {
    const text = '{ "redis_host": "node0", "redis_pass": "s", "prefetch": 0, "redis_user": "" }';
    expect(read(text).settings).toEqual({ redis_host: 'node0', redis_pass: 's', prefetch: 0 });
  });

  it('may be the original one, meant for larger machines: what this one has no memory for is told apart', () => {
    const { settings, unfit, warnings } = read(originalConf);
    expect(Object.keys(settings)).toEqual(expect.arrayContaining(['redis_host', 'redis_port']));
    expect(settings.min_dram_gb_accept_new_task).toBe(80);
    expect(unfit.map(({ key }) => key)).toEqual([
      'min_dram_gb_accept_new_task',
      'min_dram_gb_trigger_return',
    ]);
    expect(warnings).toEqual([]);
  });

  it('has each problem at its place, all of them at once', () => {
    const text =
      '{\n  "redis_host": "node0:6400",\n  "x": [{"prefetch": 1}],\n  "prefetch" : 99\n}';
    expect(problems(text)).toEqual([
      '2:3 conf.json: redis_host must be a host name or an IP address, found "node0:6400". Write node0, and 6400 as redis_port',
      '4:3 conf.json: prefetch must be a whole number of tasks from 0 to 64, found 99',
    ]);
  });

  it('has the place where it is no JSON', () => {
    expect(problems('{\n  "prefetch": tru\n}')).toEqual([
      '2:15 conf.json, line 2, column 15: expected a value, found "t"',
    ]);
    expect(problems('[]')).toEqual([
      '1:1 conf.json: expected settings between { and }, found a list',
    ]);
  });

  it('warns of names that are none, at their place', () => {
    expect(read('{ "queue": "a", "prefech": 1 }').warnings).toEqual([
      {
        line: 1,
        column: 17,
        message: 'conf.json: "prefech" is not a setting and was ignored. Did you mean prefetch?',
      },
    ]);
  });

  it('has a socket as such, however it was written', () => {
    expect(read('{ "redis_url": "unix:///run/redis.sock" }').settings).toEqual({
      redis_socket: '/run/redis.sock',
    });
  });
});

describe('whether a conf.json is meant for DistComp', () => {
  it.each([
    [originalConf, true],
    ['{ "redis_url": "broken', true],
    ['{ "queue": "x", "lanes": 2 }', false],
    ['{}', false],
  ])('%j: %s', (text, expected) => {
    expect(isConfOfOurs(text)).toBe(expected);
  });
});

describe('the text of one setting', () => {
  it.each([
    ['redis_port', '6400', undefined],
    ['redis_port', '64000000', 'The port must be a whole number from 1 to 65,535, found 64000000'],
    ['redis_port', 'x', 'The port must be a whole number from 1 to 65,535, found "x"'],
    ['redis_host', 'node0', undefined],
    [
      'redis_host',
      'redis://node0',
      'The port must be a host name or an IP address, found "redis://node0". Write a URL as redis_url',
    ],
    ['queue', 'a b', 'The port must be 1 to 100 letters, digits, _, . and -, found "a b"'],
  ] as const)('%s %j', (key, text, expected) => {
    expect(settingFault(key, text, 'The port')).toBe(expected);
  });
});
