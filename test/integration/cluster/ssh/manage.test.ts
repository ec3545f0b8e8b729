import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { appendFile, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { launch as launchOn } from '../../../../src/cluster/ssh/launch';
import { queueFolder } from '../../../../src/cluster/ssh/queueFolder';
import { DEFAULT_QUEUE } from '../../../../src/queue/keys';
import { submit } from '../../../../src/queue/submit';
import { taskId } from '../../../../src/tasks/task';
import { programs } from '../../../setup/bundle';
import { endWorkers, folderOn, type TestNetwork, testNetwork } from '../../../setup/sshHosts';
import { until } from '../../../setup/until';
import { useQueue } from '../../queue/harness';

const test = useQueue();

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** The command as a person gives it, with this configuration of ssh. */
async function distcomp(network: TestNetwork, name: string, ...args: string[]): Promise<Ran> {
  const { cli } = programs();
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DISTCOMP_REDIS_URL: test.server.url,
  };
  const all = [cli, name, '--ssh-config', network.configFile, ...args];
  return new Promise(resolve => {
    execFile(process.execPath, all, { cwd: network.folder, env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

/** A laptop whose tests need no room, on so many hosts. */
async function hostsNamed(...names: string[]): Promise<TestNetwork> {
  const network = await testNetwork();
  await Promise.all(names.map(name => network.start(name)));
  const conf = { min_dram_gb_accept_new_task: 0, min_dram_gb_trigger_return: 0 };
  await writeFile(join(network.folder, 'conf.json'), JSON.stringify(conf));
  return network;
}

const ofQueue = () => queueFolder({ url: test.server.url }, DEFAULT_QUEUE);
const registered = async () => (await test.redis.hkeys(test.queue.keys.registry)).sort();
const finished = () => test.redis.hlen('finished_tasks');
const inProgress = () => test.redis.hlen('in_progress_tasks');

afterEach(async () => endWorkers(await test.redis.hvals(test.queue.keys.registry)));

describe('a host file with settings', () => {
  it('gives each host its own, and a launch of a group is for that group', async () => {
    const network = await hostsNamed('alpha', 'beta', 'gamma');
    const work = join(network.folder, 'my work');
    await mkdir(work);
    await writeFile(
      join(network.folder, 'hosts'),
      [
        '[big]',
        `alpha workers=2 max_task_per_worker=3 cwd="${work}" env.GREETING="it's so" # the big one`,
        'beta max_task_per_worker=5',
        '[small]',
        'gamma',
        '',
      ].join('\n'),
    );
    const launched = await distcomp(network, 'launch', '--hosts', 'hosts', '--group', 'big');
    expect(launched).toMatchObject({ code: 0, stdout: '3 workers started\n' });
    expect(await registered()).toEqual(['alpha~1', 'alpha~2', 'beta~1']);
    const lanes = await test.redis.hmget(test.queue.keys.workers, 'alpha~2', 'beta~1');
    expect(lanes.map(told => JSON.parse(told ?? '').lanes)).toEqual([3, 5]);
    expect((await distcomp(network, 'stop', 'beta')).code).toBe(0);
    await submit(test.queue, ['shell:1:0:0:echo "$GREETING in $PWD"']);
    await until(async () => (await finished()) === 1);
    const [result] = await test.redis.hvals('finished_tasks');
    expect(result).toMatch(new RegExp(`^alpha~[12]: "it's so in ${work}"$`));
  });

  it('is refused with all that is wrong in it', async () => {
    const network = await hostsNamed();
    const file = join(network.folder, 'hosts');
    await writeFile(file, 'alpha lanes=maybe worker=2\nbeta cwd=here\ngamma redis_host=x\n');
    const { code, stderr } = await distcomp(network, 'launch', '--hosts', 'hosts');
    expect(code).toBe(2);
    expect(stderr.split('\n').slice(-4)).toEqual([
      'hosts:1:1: lanes must be true or false, found "maybe"',
      'hosts:2:1: cwd must be a path from the root, found "here"',
      'hosts:3:1: redis_host is the same for all hosts. Write it in conf.json',
      '',
    ]);
    await writeFile(file, '[big]\nalpha\n');
    const group = await distcomp(network, 'launch', '--hosts', 'hosts', '--group', 'bog');
    expect(group.stderr).toContain('hosts has no group [bog]. It has [big].');
  });
});

describe('hosts with workers', () => {
  it('are shown, stop, and are cleaned of all that was ours', async () => {
    const network = await hostsNamed('alpha', 'beta');
    await distcomp(network, 'launch', 'alpha', 'beta');
    const shown = await distcomp(network, 'hosts', 'alpha', 'beta', 'nowhere.invalid');
    expect(shown.code).toBe(1);
    expect(shown.stdout.replace(/process \d+/g, 'process N').split('\n')).toEqual([
      '2 workers on 3 hosts · 1 failed',
      '  alpha            alpha~1 (process N)',
      '  beta             beta~1 (process N)',
      '  nowhere.invalid  failed (ssh): There is no host of the name nowhere.invalid. Correct the name.',
      '',
    ]);
    const refused = await distcomp(network, 'clean', 'alpha', '--yes');
    expect(refused).toMatchObject({ code: 1, stdout: '0 hosts cleaned\n' });
    expect(refused.stderr).toContain(
      'alpha: 1 worker still there; stop first: distcomp stop --all-queues alpha',
    );

    const stopped = await distcomp(network, 'stop', 'alpha', 'beta');
    expect(stopped).toMatchObject({ code: 0, stdout: '2 workers ended\n' });
    expect(stopped.stderr.split('\n').sort()).toEqual(
      expect.arrayContaining(['  alpha: worker 1 ended', '  beta: worker 1 ended']),
    );
    expect(await registered()).toEqual([]);
    expect((await distcomp(network, 'stop', 'alpha')).stderr).toContain('alpha: no worker runs');

    const homes = ['alpha', 'beta'].map(name => join(network.folder, name, 'home'));
    const asked = await distcomp(network, 'clean', 'alpha', 'beta');
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain(`${homes[0]}/distcomp-results/distcomp-output (`);
    expect(asked.stderr).toMatch(/\/alpha\/home\/\.distcomp\/worker-[\da-f]{16}\.js \(/);
    expect(asked.stderr).toContain('Remove this from 2 hosts? It cannot be undone.');
    expect(homes.flatMap(home => readdirSync(home))).toHaveLength(4);

    const kept = await distcomp(network, 'clean', 'alpha', '--keep-output', '--yes');
    expect(kept).toMatchObject({ code: 0, stdout: '1 host cleaned\n' });
    expect(readdirSync(homes[0] ?? '')).toEqual(['distcomp-results']);
    const cleaned = await distcomp(network, 'clean', 'beta', '--yes');
    expect(cleaned).toMatchObject({ code: 0, stdout: '1 host cleaned\n' });
    expect(readdirSync(homes[1] ?? '')).toEqual([]);
  });

  it('give back what runs too long when they stop, and are killed when they hang', async () => {
    const network = await hostsNamed('alpha');
    await distcomp(network, 'launch', 'alpha', '--workers', '2', '--lanes', '1');
    await submit(test.queue, ['shell:1:0:0:exec sleep 1000', 'shell:1:0:0:exec sleep 1001']);
    await until(async () => (await inProgress()) === 2);
    const holders = await test.redis.hgetall(test.queue.keys.registry);
    const hanging = Number(holders['alpha~2']?.split(' ')[3]);
    process.kill(hanging, 'SIGSTOP');
    const stopped = await distcomp(network, 'stop', 'alpha', '--wait', '1');
    expect(stopped).toMatchObject({ code: 0, stdout: '2 workers ended\n' });
    expect(stopped.stderr).toContain('worker 1 ended and gave back what it ran');
    expect(stopped.stderr).toContain(
      'worker 2 was killed; its tasks go back once it is found lost',
    );
    expect(await test.redis.hlen('todo_tasks')).toBe(1);
    expect(await test.redis.hvals('in_progress_tasks')).toEqual(['alpha~2']);
    expect(commandLines().filter(line => line.includes(`${network.folder}/alpha/home`))).toEqual(
      [],
    );
  });

  it('have logs, which can be followed', async () => {
    const network = await hostsNamed('alpha');
    await distcomp(network, 'launch', 'alpha');
    const read = await distcomp(network, 'logs', 'alpha', '--lines', '5');
    expect(read.code).toBe(0);
    expect(read.stdout).toContain('alpha~1 takes tasks of queue "default"');
    const logged = read.stdout.trimEnd().split('\n');
    const asJson = await distcomp(network, 'logs', 'alpha', '--lines', '5', '--json');
    expect(
      asJson.stdout
        .trimEnd()
        .split('\n')
        .map(text => JSON.parse(text)),
    ).toEqual(logged.map(line => ({ host: 'alpha', line })));
    const none = await distcomp(network, 'logs', 'alpha', '--slot', '7');
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('alpha has no log of a worker 7.');

    const { cli } = programs();
    const args = [cli, 'logs', '--ssh-config', network.configFile, 'alpha', '-f', '--lines', '1'];
    const following = execFile(process.execPath, args, { cwd: network.folder });
    let text = '';
    following.stdout?.on('data', chunk => {
      text += chunk;
    });
    await until(() => text.includes('takes tasks'));
    const logFile = execFileSync('find', [network.folder, '-name', 'worker-1.log'], {
      encoding: 'utf8',
    }).trim();
    await appendFile(logFile, 'something \u001b[31mnew\u001b[0m\n');
    await until(() => text.includes('something new\n'));
    const ended = new Promise(resolve => following.once('exit', resolve));
    following.kill('SIGINT');
    expect(await ended).toBe(0);
    // Nothing that followed is left on the host.
    await until(() => !commandLines().some(line => line.includes(`tail -n 1 -f ${logFile}`)));
  });

  it('give the full output of their tasks, each file once', async () => {
    const network = await hostsNamed('alpha', 'beta');
    await distcomp(network, 'launch', 'alpha', 'beta', '--lanes', '1');
    const binary = "head -c 300000 /dev/zero; printf 'end\\n'; echo err >&2";
    const tasks = Array.from({ length: 8 }, (_, i) => `shell:1:0:0:: ${i}; ${binary}; sleep 0.2`);
    await submit(test.queue, tasks);
    await until(async () => (await finished()) === 8);
    const [one = ''] = tasks;
    const first = await distcomp(network, 'fetch', 'alpha', 'beta', '--task', taskId(one));
    expect(first.code).toBe(0);
    expect(filesBelow(join(network.folder, 'distcomp-output'))).toHaveLength(2);
    const all = await distcomp(network, 'fetch', 'alpha', 'beta');
    expect(all).toMatchObject({ code: 0 });
    expect(all.stdout).toBe(`14 files fetched to ${join(network.folder, 'distcomp-output')}\n`);
    const fetched = filesBelow(join(network.folder, 'distcomp-output'));
    expect(fetched).toHaveLength(16);
    const whole = Buffer.concat([Buffer.alloc(300_000), Buffer.from('end\n')]);
    for (const path of fetched) {
      const content = await readFile(path);
      if (path.endsWith('.err')) expect(content.toString()).toBe('err\n');
      // Compared by vitest, bytes one by one, they would take seconds.
      else expect(content.equals(whole), path).toBe(true);
    }
    const again = await distcomp(network, 'fetch', 'alpha', 'beta');
    expect(again.stdout).toMatch(/^0 files fetched to /);
  });
});

describe('hosts that share a home', () => {
  it('have workers of their own, and keep the program until the last is cleaned', async () => {
    const network = await hostsNamed();
    const home = join(network.folder, 'shared home');
    await mkdir(home);
    const config = [`SetEnv "HOME=${home}"`];
    await Promise.all(['alpha', 'beta'].map(name => network.start(name, { config })));
    const launched = await distcomp(network, 'launch', 'alpha', 'beta');
    expect(launched).toMatchObject({ code: 0, stdout: '2 workers started\n' });
    expect(await registered()).toEqual(['alpha~1', 'beta~1']);
    const ours = () => readdirSync(join(home, '.distcomp')).map(name => name.replace(/-.*\./, '.'));
    expect(ours().sort()).toEqual(['hosts', 'worker.js']);
    expect((await distcomp(network, 'stop', 'alpha')).stdout).toBe('1 worker ended\n');
    expect(await registered()).toEqual(['beta~1']);
    const first = await distcomp(network, 'clean', 'alpha', '--keep-output', '--yes');
    expect(first.stderr).toContain('its home is that of other hosts too, so programs stay');
    expect(ours().sort()).toEqual(['hosts', 'worker.js']);
    await distcomp(network, 'stop', 'beta');
    await distcomp(network, 'clean', 'beta', '--yes');
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('another version of the worker', () => {
  it('is left alone, or replaced when that is asked for', async () => {
    const network = await hostsNamed('alpha');
    await distcomp(network, 'launch', 'alpha');
    const [bundle = ''] = readdirSync(join(network.folder, 'alpha', 'home', '.distcomp')).filter(
      name => name.endsWith('.js'),
    );
    const holder = () => test.redis.hget(test.queue.keys.registry, 'alpha~1');
    const before = await holder();
    // The same program by another name stands for another version.
    const { cli, worker } = programs();
    const other = join(network.folder, 'other');
    await mkdir(other);
    await writeFile(join(other, 'cli.js'), await readFile(cli));
    await writeFile(join(other, 'worker.js'), `${await readFile(worker, 'utf8')}\n// newer\n`);
    const launch = (...args: string[]): Promise<Ran> =>
      new Promise(resolve => {
        const all = [join(other, 'cli.js'), 'launch', 'alpha', ...args];
        execFile(
          process.execPath,
          [...all, '--ssh-config', network.configFile],
          {
            cwd: network.folder,
            env: {
              PATH: process.env.PATH,
              HOME: process.env.HOME,
              DISTCOMP_REDIS_URL: test.server.url,
            },
          },
          (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
        );
      });
    const left = await launch();
    expect(left.code).toBe(0);
    expect(left.stderr).toContain(
      'alpha~1 runs another version\n    --replace replaces what runs another version.',
    );
    expect(await holder()).toBe(before);
    // The command reaches Redis; what the host comes to is another matter.
    const settings = join(
      folderOn({ home: join(network.folder, 'alpha', 'home'), name: 'alpha' }, ofQueue()),
      'conf.json',
    );
    const settingsBefore = await readFile(settings, 'utf8');
    const [unreachable] = await launchOn({
      hosts: [{ name: 'alpha', address: 'alpha' }],
      workerBundle: join(other, 'worker.js'),
      queueFolder: ofQueue(),
      config: { redis_url: 'redis://127.0.0.1:1' },
      workersPerHost: 1,
      replaceSeconds: 600,
      ssh: { configFile: network.configFile },
    });
    expect(unreachable).toMatchObject({ workers: [], failure: { step: 'redis' } });
    expect(unreachable?.failure?.message).toMatch(
      /^Cannot reach Redis at 127\.0\.0\.1:1: .* Its workers were left running as they were\.$/,
    );
    expect(await holder()).toBe(before);
    expect(readFileSync(`/proc/${before?.split(' ')[3]}/cmdline`, 'utf8')).toContain(bundle);
    expect(await readFile(settings, 'utf8')).toBe(settingsBefore);
    expect(readdirSync(dirname(settings)).filter(name => name.includes('.new'))).toEqual([]);
    const replaced = await launch('--replace');
    expect(replaced).toMatchObject({ code: 0, stdout: '1 worker started\n' });
    expect(await holder()).not.toBe(before);
    const [line] = commandLines().filter(text => text.includes(`${network.folder}/alpha/home`));
    expect(line).not.toContain(bundle);
  });
});

describe('a host without Node', () => {
  const noNode = 'mount -t tmpfs none /usr/local/bin; mount --bind /bin/false /usr/bin/node';

  it('gets one along, once', async () => {
    const network = await hostsNamed();
    const { home } = await network.start('alpha', { before: noNode });
    const wrong = join(network.folder, 'wrong');
    await writeFile(wrong, '#!/bin/sh\nexit 1\n');
    await chmod(wrong, 0o755);
    const unfit = await distcomp(network, 'launch', 'alpha', '--node-binary', wrong);
    expect(unfit.code).toBe(1);
    expect(unfit.stderr).toContain('The Node that was sent does not run there.');
    const sent = await distcomp(network, 'launch', 'alpha', '--node-binary', process.execPath);
    expect(sent).toMatchObject({ code: 0, stdout: '1 worker started\n' });
    expect(readdirSync(join(home, '.distcomp')).sort()).toContain('node');
    expect(await registered()).toEqual(['alpha~1']);
  });
});

function commandLines(): string[] {
  return execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' }).split('\n');
}

function filesBelow(folder: string): string[] {
  return execFileSync('find', [folder, '-type', 'f'], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);
}
