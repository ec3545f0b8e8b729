import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { queueFolder } from '../../../../src/cluster/ssh/queueFolder';
import { DEFAULT_QUEUE } from '../../../../src/queue/keys';
import { submit } from '../../../../src/queue/submit';
import { placesOf } from '../../../setup/places';
import { endWorkers, folderOn, testNetwork } from '../../../setup/sshHosts';
import { until } from '../../../setup/until';
import { useQueue } from '../../queue/harness';
import { hostCommands } from './hostCommands';

/** Of this run alone: others run here too. In an address it looks otherwise. */
const PASSWORD = `a pass:word@of its/own ${randomBytes(6).toString('hex')}`;
const FORMS = [PASSWORD, encodeURIComponent(PASSWORD)];
const test = useQueue({ password: PASSWORD });

afterEach(async () => endWorkers(await test.redis.hvals(test.queue.keys.registry)));

/** Before the PATH: an `ssh` that says that it was called, and waits until its gate is there. */
async function heldSsh(folder: string): Promise<{ path: string; called: string; gate: string }> {
  const [path, called, gate] = ['bin', 'called', 'gate'].map(name => join(folder, name));
  if (!path || !called || !gate) throw new Error('three names, three paths');
  await mkdir(path);
  const program = [
    '#!/bin/sh',
    `echo called >>${called}`,
    `until [ -e ${gate} ]; do sleep 0.05; done`,
    `PATH='${process.env.PATH}' exec ssh "$@"`,
  ];
  await writeFile(join(path, 'ssh'), program.join('\n'));
  await chmod(join(path, 'ssh'), 0o755);
  return { path: `${path}:${process.env.PATH}`, called, gate };
}

const there = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

describe('the password of Redis', () => {
  it.each([
    ['in an address', () => ({ redis_url: test.server.url }), []],
    [
      'through a tunnel',
      () => ({ redis_socket: test.server.socket, redis_pass: PASSWORD }),
      ['--tunnel'],
    ],
  ])(
    'is in private files alone while workers are launched and run: %s',
    async (_, redis, words) => {
      const network = await testNetwork();
      const alpha = await network.start('alpha');
      const ssh = await heldSsh(network.folder);
      const commands = await hostCommands(network, '');
      const conf = join(network.folder, 'conf.json');
      await writeFile(conf, JSON.stringify(redis()), { mode: 0o600 });
      const env = { DISTCOMP_REDIS_URL: undefined, PATH: ssh.path };
      const args = ['launch', 'alpha', '--config', conf, '--lanes', '1', ...words];

      const seen = new Set<string>();
      const look = async () => {
        for (const form of FORMS) {
          for (const place of await placesOf(form, network.folder)) seen.add(place);
        }
      };
      const launch = await commands.start(args, { env });
      await until(() => there(ssh.called), { describe: 'the launch to be held' });
      await look();
      expect([...seen]).toEqual([conf]);
      // What it would find of a process if it were there.
      expect((await placesOf(ssh.path, network.folder)).join()).toContain(
        `/proc/${launch.process.pid}/environ`,
      );
      await writeFile(ssh.gate, '');
      const isLaunched = () => /1 worker started/.test(launch.stdout());
      while (!isLaunched()) {
        await look();
        expect(launch.process.exitCode || 0, launch.stderr()).toBe(0);
      }

      const [shown, end] = ['shown', 'end'].map(name => join(network.folder, name));
      await submit(test.queue, [
        // All of it is there when the file is.
        `shell:1:0:0:env >${shown}.new; mv ${shown}.new ${shown}; until [ -e ${end} ]; do sleep 0.05; done`,
      ]);
      await until(() => there(shown ?? ''), { describe: 'the task to run' });
      await look();
      expect(await readFile(shown ?? '', 'utf8')).toContain('DISTCOMP_');
      await writeFile(end ?? '', '');
      await until(async () => (await test.redis.hlen('finished_tasks')) === 1);

      const address =
        'redis_url' in redis() ? { url: test.server.url } : { socket: test.server.socket };
      const own = folderOn(alpha, queueFolder(address, DEFAULT_QUEUE));
      const files = [conf, join(own, 'conf.json')];
      // What is renamed to the second may have been seen before.
      const isAside = (place: string) => place.startsWith(`${files[1]}.new.`);
      expect([...seen].filter(place => !files.includes(place) && !isAside(place))).toEqual([]);
      expect(seen).toContain(files[1]);
      for (const path of files) expect((await stat(path)).mode & 0o777, path).toBe(0o600);
      if (words.length > 0) launch.process.kill('SIGINT');
      const { code, stdout, stderr } = await launch.ended;
      expect(code).toBe(0);
      for (const form of FORMS) expect(stdout + stderr).not.toContain(form);
    },
  );
});
