import { mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Host } from '../../../../src/cluster/ssh/hosts';
import { folderFor } from '../../../../src/cluster/ssh/privateFolder';
import { hasSharedConnection, loginArguments } from '../../../../src/cluster/ssh/sharedConnection';
import { useEmptyHome } from '../../../setup/emptyHome';

const HOST: Host = { name: 'a', address: 'a' };
const home = useEmptyHome();

async function pathFor(host: Host, configFile?: string): Promise<string> {
  const args = await loginArguments(host, configFile === undefined ? {} : { configFile });
  const setting = args.find(arg => arg.startsWith('ControlPath='));
  return setting?.slice('ControlPath='.length) ?? '';
}

describe('the socket of a shared connection', () => {
  it('is another one for each address, user, port and configuration, whatever the name', async () => {
    const same = await pathFor(HOST);
    expect(await pathFor({ ...HOST, name: 'b' })).toBe(same);
    const others = await Promise.all([
      pathFor({ ...HOST, address: 'b' }),
      pathFor({ ...HOST, user: 'me' }),
      pathFor({ ...HOST, port: 22 }),
      pathFor(HOST, '/c'),
    ]);
    expect(new Set([same, ...others]).size).toBe(5);
  });

  it.each([
    ['/home/ada', '/home/ada/.distcomp/ssh'],
    [`/home/${'a'.repeat(49)}`, `/home/${'a'.repeat(49)}/.distcomp/ssh`],
    [`/home/${'a'.repeat(50)}`, '/tmp/distcomp-login-1000'],
    ['/home/100%', '/tmp/distcomp-login-1000'],
    ['/home/ada b', '/tmp/distcomp-login-1000'],
  ])('of a home %s is in %s', (path, folder) => {
    expect(folderFor(path, 1000)).toBe(folder);
    // With its name, and what ssh appends to it, within what macOS takes.
    expect(`${folder}/0123456789abcdef.0123456789abcdef`.length).toBeLessThanOrEqual(103);
  });

  it('is in a folder of its user alone, or nowhere', async () => {
    const folder = join(home(), '.distcomp', 'ssh');
    expect(await pathFor(HOST)).toMatch(new RegExp(`^${folder}/[\\da-f]{16}$`));
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    await rm(folder, { recursive: true });
    await mkdir(folder, { mode: 0o755 });
    await expect(pathFor(HOST)).rejects.toThrow(`${folder} must be a folder that you alone`);
    await rm(folder, { recursive: true });
    await mkdir(join(home(), 'elsewhere'), { mode: 0o700 });
    await symlink(join(home(), 'elsewhere'), folder);
    await expect(pathFor(HOST)).rejects.toThrow(`${folder} must be a folder that you alone`);
    expect(await hasSharedConnection(HOST, {})).toBe(false);
  });

  it('is for an ssh that may ask, and takes nothing of sessions with it', async () => {
    const configFile = join(home(), 'config');
    await writeFile(configFile, 'User me\n');
    const args = await loginArguments({ ...HOST, user: 'me', port: 22 }, { configFile });
    expect(args).toEqual(
      expect.arrayContaining(['BatchMode=no', 'ControlMaster=auto', 'ControlPersist=8h']),
    );
    expect(args).toEqual(
      expect.arrayContaining(['ClearAllForwardings=yes', 'PermitLocalCommand=no']),
    );
    // In the background a key that is not known is refused, whatever a person set; here they are asked.
    expect(args.slice(0, 2)).toEqual(['-n', '-F']);
    expect(await readFile(args[2] ?? '', 'utf8')).toBe('StrictHostKeyChecking ask\nUser me\n');
    expect(args.slice(-7)).toEqual(['-p', '22', '-l', 'me', '--', 'a', 'true']);
  });
});
