import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostNames } from '../../../../src/cluster/ssh/sshConfig';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distcomp-ssh-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = async (name: string, text: string) => {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  return path;
};

describe('the names in an SSH configuration', () => {
  it('are those of its hosts, patterns left out', async () => {
    const path = await write(
      'config',
      [
        'Host node1 node2 # of the rack',
        '  HostName 10.0.0.1',
        'Host *.example.org !bad gpu?',
        'host=login',
        '  "ProxyJump" x',
        'HOST "with quotes" node1',
        'Match host match-is-none',
        '#Host commented',
      ].join('\n'),
    );
    expect(await hostNames(path)).toEqual(['node1', 'node2', 'login', 'with quotes']);
  });

  it('include those of included files, and of none that is not there', async () => {
    await write('config.d/b.conf', 'Host b\n');
    await write('config.d/a.conf', 'Host a\nInclude more\n');
    await write('config.d/.hidden.conf', 'Host hidden\n');
    await write('config.d/c.bak', 'Host c\n');
    await write('more', `Host more\nInclude ${join(folder, 'config')}\n`);
    const path = await write('config', 'Include config.d/*.conf missing\nHost last\n');
    expect(new Set(await hostNames(path))).toEqual(new Set(['a', 'b', 'more', 'last']));
    expect(await hostNames(join(folder, 'nowhere'))).toEqual([]);
  });
});
