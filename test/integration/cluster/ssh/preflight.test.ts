import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseHost } from '../../../../src/cluster/ssh/hosts';
import { launch } from '../../../../src/cluster/ssh/launch';
import { submit } from '../../../../src/queue/submit';
import { programs } from '../../../setup/bundle';
import { endWorkers, testNetwork } from '../../../setup/sshHosts';
import { until } from '../../../setup/until';
import { useQueue } from '../../queue/harness';
import { hostCommands } from './hostCommands';

const PASSWORD = 'the right one';
const test = useQueue({ password: PASSWORD });

afterEach(async () => endWorkers(await test.redis.hvals(test.queue.keys.registry)));

/** Programs that a host has under its name alone, whatever this machine has. */
const PYTHONS = [...(process.env.PATH ?? '').split(':'), '/usr/local/bin', '/usr/bin', '/bin'];
const WITHOUT_PYTHON = [...new Set(PYTHONS)]
  .map(folder => `'${folder}/python3'`)
  .map(path => `if [ -e ${path} ]; then mount --bind /dev/null ${path}; fi`)
  .join('; ');

describe('a host without python3', () => {
  it('is warned of; its tasks of type shell run, and those of type python do not', async () => {
    const network = await testNetwork();
    await network.start('alpha', { before: WITHOUT_PYTHON });
    await network.start('beta');
    const { distcomp } = await hostCommands(network, test.server.url);
    const launched = await distcomp('launch', 'alpha', '--lanes', '1');
    expect(launched).toMatchObject({ code: 0, stdout: '1 worker started\n' });
    expect(launched.stderr).toContain(
      '  alpha: alpha~1 started\n    No python3 was found: tasks of type python fail there.\n',
    );
    await submit(test.queue, ['shell:1:0:0:echo works', 'python:1:0:0:script.py']);
    await until(async () => (await test.redis.hlen('failed_tasks')) === 1);
    await until(async () => (await test.redis.hlen('finished_tasks')) === 1);
    expect(await test.redis.hgetall('finished_tasks')).toEqual({
      'shell:1:0:0:echo works': 'alpha~1: "works"',
    });
    expect(await test.redis.hkeys('failed_tasks')).toEqual(['python:1:0:0:script.py']);

    const with3 = await distcomp('launch', 'beta', '--json');
    expect(JSON.parse(with3.stdout)).toMatchObject({ hosts: [{ host: 'beta', warnings: [] }] });
  });
});

describe('a wrong password of Redis', () => {
  const wrong = () => test.server.url.replace(encodeURIComponent(PASSWORD), 'another');
  const refused = () =>
    `Redis at 127.0.0.1:${test.server.port} refused the password. Give the right one.`;

  it('is named as the host sees it, and no worker is registered', async () => {
    const network = await testNetwork();
    const { home } = await network.start('alpha');
    const host = parseHost('alpha');
    if ('problem' in host) throw new Error(host.problem);
    const { worker } = programs();
    // The command would find it itself; what it has may still differ from what a host comes to.
    const [result] = await launch({
      hosts: [host],
      workerBundle: worker,
      queueFolder: 'a-queue',
      config: { redis_url: wrong() },
      workersPerHost: 2,
      ssh: { configFile: network.configFile },
    });
    expect(result).toMatchObject({ workers: [], failure: { step: 'redis' } });
    expect(result?.failure?.message).toBe(refused());
    expect(await test.redis.hlen(test.queue.keys.registry)).toBe(0);
    expect(
      readFileSync(join(home, '.distcomp/hosts/alpha-alpha/a-queue/worker-1.log'), 'utf8'),
    ).not.toMatch(/another/);
  });

  it('is found by the command before it goes to any host', async () => {
    const network = await testNetwork();
    const { home } = await network.start('alpha');
    const { distcomp } = await hostCommands(network, wrong());
    const { code, stdout, stderr } = await distcomp('launch', 'alpha');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toBe(`${refused()}\n`);
    expect(existsSync(join(home, '.distcomp'))).toBe(false);
  });
});

describe('a host that ends what people leave at logout', () => {
  /** Stand for systemd, which does not run here: with its answers, and a list of what was asked. */
  const programsOf = (kills: boolean, linger: 'yes' | 'no', enabling: number) =>
    [
      'mount -t tmpfs none /usr/local/bin',
      `printf '#!/bin/sh\\ncase $* in *KillUserProcesses) echo b ${kills} ;; esac\\n' >/usr/local/bin/busctl`,
      `printf '#!/bin/sh\\necho "$*" >>'"$2"'/asked\\ncase $1 in show-user) echo Linger=${linger} ;; *) exit ${enabling} ;; esac\\n' >/usr/local/bin/loginctl`,
      'chmod 755 /usr/local/bin/busctl /usr/local/bin/loginctl',
    ].join(' && ');
  const SHOW = 'show-user root --property=Linger';

  it('is warned of only where lingering is not on and cannot be turned on', async () => {
    const network = await testNetwork();
    await Promise.all([
      network.start('refuses', { before: programsOf(true, 'no', 1) }),
      network.start('allows', { before: programsOf(true, 'no', 0) }),
      network.start('lingers', { before: programsOf(true, 'yes', 1) }),
      network.start('spares', { before: programsOf(false, 'no', 1) }),
    ]);
    const names = ['refuses', 'allows', 'lingers', 'spares'];
    const { distcomp } = await hostCommands(network, test.server.url);
    const { code, stdout, stderr } = await distcomp('launch', ...names, '--lanes', '1');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '4 workers started\n' });
    const said = stderr.split('\n').slice(1, -1);
    const at = said.indexOf('  refuses: refuses~1 started');
    expect(said.splice(at + 1, 1)).toEqual([
      '    This host ends what you started when you log out (KillUserProcesses). Run there once: loginctl enable-linger',
    ]);
    expect(said.sort()).toEqual(names.map(name => `  ${name}: ${name}~1 started`).sort());
    const asked = names.map(name => {
      const path = join(network.folder, name, 'asked');
      return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
    });
    expect(asked).toEqual([[SHOW, 'enable-linger'], [SHOW, 'enable-linger'], [SHOW], []]);
  });
});
