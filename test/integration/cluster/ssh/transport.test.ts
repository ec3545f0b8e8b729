import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Host, parseHost } from '../../../../src/cluster/ssh/hosts';
import { runOn, SshFailed } from '../../../../src/cluster/ssh/transport';
import { programs } from '../../../setup/bundle';
import { testNetwork } from '../../../setup/sshHosts';

function host(text: string): Host {
  const parsed = parseHost(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}

async function failureOf(attempt: Promise<unknown>): Promise<SshFailed['failure']> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SshFailed)) throw error ?? new Error('it did not fail');
  return error.failure;
}

describe('a command on a host', () => {
  it('gets its input, and gives back output, errors and exit code', async () => {
    const { start, configFile } = await testNetwork();
    await start('alpha');
    const end = await runOn(host('alpha'), 'cat; hostname; echo why >&2; exit 7', 'given\n', {
      configFile,
    });
    expect(end).toEqual({ code: 7, stdout: 'given\nalpha\n', stderr: 'why\n' });
  });

  it('never takes a key that is not known, and shows its fingerprint', async () => {
    const { start, configFile, knownHosts } = await testNetwork();
    const { address } = await start('alpha', { known: false });
    const failure = await failureOf(runOn(host('alpha'), 'true', '', { configFile }));
    expect(failure.kind).toBe('unknown_key');
    expect(failure.message).toMatch(
      /^The key of this host is not known here \(ssh-ed25519 SHA256:\S{43}\)\. Compare it, then accept it\.$/,
    );
    expect(await readFile(knownHosts, 'utf8')).not.toContain(address);
  });

  it.each(['accept-new', 'no'])(
    'takes no unknown key where the user has StrictHostKeyChecking %s',
    async checking => {
      const { start, configFile, knownHosts } = await testNetwork();
      await start('alpha', { known: false });
      await start('beta');
      const known = await readFile(knownHosts, 'utf8');
      const entries = await readFile(configFile, 'utf8');
      await writeFile(configFile, `StrictHostKeyChecking ${checking}\n${entries}`);
      const failure = await failureOf(runOn(host('alpha'), 'true', '', { configFile }));
      expect(failure.kind).toBe('unknown_key');
      expect(failure.message).toContain('(ssh-ed25519 SHA256:');
      expect(await readFile(knownHosts, 'utf8')).toBe(known);
      expect((await runOn(host('beta'), 'true', '', { configFile })).code).toBe(0);
    },
  );

  it.each([
    ['for all', ''],
    ['for it', 'Host door\n  '],
  ])('takes none of a jump host either, where accept-new stands %s', async (_, where) => {
    const { start, configFile, knownHosts } = await testNetwork();
    await start('door', { known: false });
    await start('alpha');
    const known = await readFile(knownHosts, 'utf8');
    const entries = await readFile(configFile, 'utf8');
    await writeFile(
      configFile,
      `${where}StrictHostKeyChecking accept-new\nHost alpha\n  ProxyJump door\n${entries}`,
    );
    const failure = await failureOf(runOn(host('alpha'), 'true', '', { configFile }));
    expect(failure.kind).toBe('unknown_key');
    expect(failure.message).toMatch(
      /^The key of the host on the way to it is not known here \(ssh-ed25519 SHA256:\S{43}\)\./,
    );
    expect(await readFile(knownHosts, 'utf8')).toBe(known);
  });

  it("goes by the user's configuration and by the system's when none is given", async () => {
    const { start, configFile, folder } = await testNetwork();
    const [alpha, beta] = [await start('alpha'), await start('beta')];
    const entries = await readFile(configFile, 'utf8');
    const [ofAlpha = '', ofBeta = ''] = entries.split(/(?=^Host beta$)/m);
    const own = join(folder, 'own');
    await mkdir(join(own, '.ssh'), { recursive: true });
    // What it includes is beside it.
    await writeFile(join(own, '.ssh', 'config'), 'Include more\nStrictHostKeyChecking no\n');
    await writeFile(join(own, '.ssh', 'more'), ofAlpha);
    await writeFile(join(folder, 'system'), ofBeta);
    // `ssh` goes by the home folder of passwd, so they lie there, for this process alone.
    const { homedir: home } = userInfo();
    const shown = [
      `mount --bind ${own} ${home}`,
      `mount --bind ${folder}/system /etc/ssh/ssh_config`,
      `exec ${process.execPath} ${programs().cli} hosts --all-queues alpha beta`,
    ].join(' && ');
    const env = { PATH: process.env.PATH, HOME: home };
    const { stdout } = await promisify(execFile)('unshare', ['--mount', 'sh', '-c', shown], {
      env,
    });
    expect(stdout).toContain('0 workers on 2 hosts\n');
    for (const { name } of [alpha, beta])
      expect(stdout).toMatch(new RegExp(`^  ${name} +no worker$`, 'm'));
  });

  it('says what is wrong with a host that cannot be used', async () => {
    const { start, configFile, folder, knownHosts } = await testNetwork();
    const { address, port } = await start('alpha', { config: ['AuthorizedKeysFile none'] });
    const { message, kind } = await failureOf(runOn(host('alpha'), 'true', '', { configFile }));
    expect([kind, message]).toEqual([
      'refused_login',
      'The host refused the login: it accepts publickey, keyboard-interactive, and nobody can be asked in the background. Log in yourself, or have a key there that needs no answer.',
    ]);
    const closed = await failureOf(runOn(host('127.0.0.1:1'), 'true', '', { configFile }));
    expect(closed.kind).toBe('refused');
    const nowhere = await failureOf(runOn(host('nowhere.invalid'), 'true', '', { configFile }));
    expect(nowhere).toEqual({
      kind: 'no_such_host',
      message: 'There is no host of the name nowhere.invalid. Correct the name.',
    });
    await start('beta');
    const other = await readFile(`${folder}/beta/host_key.pub`, 'utf8');
    await writeFile(knownHosts, `[${address}]:${port} ${other}`);
    const changed = await failureOf(runOn(host('alpha'), 'true', '', { configFile }));
    expect(changed.kind).toBe('changed_key');
  });

  it('gives up on a host that answers nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await new Promise(resolve => silent.once('listening', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    try {
      const options = { configFile: '/dev/null', connectSeconds: 1 };
      const failure = await failureOf(runOn(host(`127.0.0.1:${port}`), 'true', '', options));
      expect(failure.kind).toBe('no_answer');
    } finally {
      silent.close();
    }
  });
});
