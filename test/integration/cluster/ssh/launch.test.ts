import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Host, parseHost } from '../../../../src/cluster/ssh/hosts';
import { type LaunchOptions, launch } from '../../../../src/cluster/ssh/launch';
import { queueFolder } from '../../../../src/cluster/ssh/queueFolder';
import type { HostResult } from '../../../../src/cluster/ssh/results';
import { DEFAULT_QUEUE } from '../../../../src/queue/keys';
import { submit } from '../../../../src/queue/submit';
import { programs } from '../../../setup/bundle';
import { endWorkers, type TestNetwork, testNetwork } from '../../../setup/sshHosts';
import { until } from '../../../setup/until';
import { lines, useQueue } from '../../queue/harness';
import { untilHostsMeet } from './lineTasks';

const PASSWORD = 'a password of its own';
const test = useQueue({ password: PASSWORD });

const host = (text: string): Host => {
  const parsed = parseHost(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
};

async function launchOn(
  network: TestNetwork,
  names: readonly string[],
  more: Partial<LaunchOptions> = {},
): Promise<HostResult[]> {
  const { worker } = programs();
  return launch({
    hosts: names.map(host),
    workerBundle: worker,
    queueFolder: queueFolder({ url: test.server.url }, DEFAULT_QUEUE),
    config: {
      redis_url: test.server.url,
      min_dram_gb_accept_new_task: 0,
      min_dram_gb_trigger_return: 0,
      max_task_per_worker: 2,
      health_report_interval: 0.5,
    },
    workersPerHost: 1,
    ssh: { configFile: network.configFile },
    ...more,
  });
}

const registered = async () => (await test.redis.hkeys(test.queue.keys.registry)).sort();
/** One line a host: what became of it. */
const summary = (results: readonly HostResult[]) =>
  results.map(({ host: { name }, workers, failure }) =>
    [name, ...workers.map(({ state, worker }) => `${worker} ${state}`), failure?.step ?? '']
      .join(' ')
      .trim(),
  );

afterEach(async () => endWorkers(await test.redis.hvals(test.queue.keys.registry)));

describe('launching workers', () => {
  it('starts them on hosts that had nothing of ours, which share the tasks; again changes nothing', async () => {
    const network = await testNetwork();
    const names = ['alpha', 'beta', 'gamma', 'delta'];
    await Promise.all(names.map(name => network.start(name)));
    const seen: string[] = [];
    const results = await launchOn(network, names, {
      onResult: result => seen.push(result.host.name),
    });
    expect(summary(results)).toEqual(names.map(name => `${name} ${name}~1 started`));
    expect(seen.toSorted()).toEqual(names.toSorted());
    expect(await registered()).toEqual(names.map(name => `${name}~1`).sort());

    const met = join(network.folder, 'met');
    await mkdir(met);
    await submit(
      test.queue,
      lines(80).map(line => `${line}; ${untilHostsMeet(met, names.length)}; hostname`),
    );
    await until(async () => (await test.redis.hlen('finished_tasks')) === 80);
    const finished = await test.redis.hvals('finished_tasks');
    const shares = names.map(
      name => finished.filter(value => value.startsWith(`${name}~1: `)).length,
    );
    expect(Math.min(...shares)).toBeGreaterThan(0);
    expect(finished.filter(value => !/^(\w+)~1: "\d+\\n\1"$/.test(value))).toEqual([]);

    const before = await test.redis.hvals(test.queue.keys.registry);
    const again = await launchOn(network, names);
    expect(summary(again)).toEqual(names.map(name => `${name} ${name}~1 already_running`));
    expect((await test.redis.hvals(test.queue.keys.registry)).sort()).toEqual(before.sort());
    // What lives has not changed, nor been there twice.
    expect(await registered()).toHaveLength(4);
  });

  it('says of each bad host at which step and why, while the others run', async () => {
    const network = await testNetwork();
    await Promise.all([
      network.start('good'),
      network.start('talking', {
        config: ['ForceCommand echo Welcome to talking; eval "$SSH_ORIGINAL_COMMAND"'],
      }),
      network.start('stranger', { known: false }),
      network.start('noNode', {
        before: 'mount -t tmpfs none /usr/local/bin; mount --bind /bin/false /usr/bin/node',
      }),
      network.start('readOnly', {
        before: 'mkdir -p "$2/home/.distcomp" && mount -t tmpfs -o ro none "$2/home/.distcomp"',
      }),
    ]);
    const { home } = await network.start('withFolder');
    await mkdir(join(home, 'work'));
    const results = await launchOn(network, [
      ...[
        'good',
        'talking',
        'stranger',
        'noNode',
        'readOnly',
        'withFolder',
        'nowhere.invalid',
        '127.0.0.1:1',
      ],
    ]);
    expect(summary(results)).toEqual([
      'good good~1 started',
      'talking talking~1 started',
      'stranger ssh',
      'noNode node',
      'readOnly folder',
      'withFolder withFolder~1 started',
      'nowhere.invalid ssh',
      '127.0.0.1:1 ssh',
    ]);
    const messages = results.map(({ failure }) => failure?.message ?? '');
    expect(messages[3]).toMatch(/^No Node 18 or newer was found\./);
    expect(messages[4]).toMatch(
      /^Cannot write to .*\/\.distcomp\/hosts\/readOnly-readOnly\/[\da-f]{8}\. Make it writable\.$/,
    );
    expect(await readdir(join(home, 'work'))).toEqual([]);
  });

  it.each(['fish', 'tcsh', 'bash'])('works where %s is the login shell', async shell => {
    const network = await testNetwork();
    // As sshd would have it run: the whole command as one word for that shell.
    const { home } = await network.start('alpha', {
      config: [`ForceCommand exec ${shell} -c "$SSH_ORIGINAL_COMMAND"`],
    });
    const results = await launchOn(network, ['alpha']);
    expect(summary(results)).toEqual(['alpha alpha~1 started']);
    expect(await registered()).toEqual(['alpha~1']);
    const found = await readdir(join(home, '.distcomp'));
    expect(found.filter(name => !/^worker-[\da-f]{16}\.js$/.test(name))).toEqual(['hosts']);
  });

  it('starts what is missing after the launch before was killed in the middle', async () => {
    const network = await testNetwork();
    const names = ['alpha', 'beta', 'gamma', 'delta'];
    await Promise.all(names.map(name => network.start(name)));
    const { cli } = programs();
    const env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DISTCOMP_REDIS_URL: test.server.url,
    };
    const args = [cli, 'launch', '--ssh-config', network.configFile, '--workers', '3', ...names];
    const first = execFile(process.execPath, args, { cwd: network.folder, env });
    await until(async () => (await registered()).length > 0);
    first.kill('SIGKILL');
    const results = await launchOn(network, names, { workersPerHost: 3 });
    expect(results.flatMap(({ failure }) => failure ?? [])).toEqual([]);
    const expected = names.flatMap(name => [1, 2, 3].map(slot => `${name}~${slot}`)).sort();
    expect(await registered()).toEqual(expected);
  });

  it('checks the working directory, the settings and Redis as the host sees them', async () => {
    const network = await testNetwork();
    const { home } = await network.start('alpha');
    const cwd = join(home, "it's $HOME; work");
    const [missing] = await launchOn(network, ['alpha'], { cwd });
    expect(missing?.failure).toEqual({
      step: 'cwd',
      message: `There is no working directory ${cwd} that can be entered. Make it, or name another.`,
    });
    await mkdir(cwd);
    const [unreachable] = await launchOn(network, ['alpha'], {
      cwd,
      config: { redis_url: 'redis://127.0.0.1:1' },
    });
    expect(unreachable?.failure?.step).toBe('redis');
    expect(unreachable?.failure?.message).toBe(
      'Cannot reach Redis at 127.0.0.1:1: connection refused. Is it running, and reachable from this machine?',
    );
    const [wrong] = await launchOn(network, ['alpha'], { cwd, config: { redis_port: 'x' } });
    expect(wrong?.failure?.step).toBe('settings');
    expect(await registered()).toEqual([]);
    expect(summary(await launchOn(network, ['alpha'], { cwd }))).toEqual(['alpha alpha~1 started']);
    await submit(test.queue, ['shell:1:0:0:pwd']);
    await until(async () => (await test.redis.hlen('finished_tasks')) === 1);
    expect(await test.redis.hvals('finished_tasks')).toEqual([`alpha~1: ${JSON.stringify(cwd)}`]);
  });

  it('starts several on a host, and later only what is missing', async () => {
    const network = await testNetwork();
    await network.start('alpha');
    await launchOn(network, ['alpha'], { workersPerHost: 2 });
    expect(await registered()).toEqual(['alpha~1', 'alpha~2']);
    const results = await launchOn(network, ['alpha'], { workersPerHost: 3 });
    expect(summary(results)).toEqual([
      'alpha alpha~1 already_running alpha~2 already_running alpha~3 started',
    ]);
  });

  it('gets through to hosts that let few in at once, all at the same time', async () => {
    const network = await testNetwork();
    const names = Array.from({ length: 6 }, (_, i) => `h${i}`);
    await Promise.all(names.map(name => network.start(name)));
    // One door for all of them, which drops a fourth login that is under way.
    await network.start('door', { config: ['MaxStartups 3'] });
    const jumping = join(network.folder, 'through_door');
    await writeFile(
      jumping,
      `Host h*\n  ProxyJump door\nMatch all\nInclude ${network.configFile}\n`,
    );
    const results = await launchOn(network, names, { ssh: { configFile: jumping } });
    expect(summary(results)).toEqual(names.map(name => `${name} ${name}~1 started`));
    await rm(jumping);
  });
});

describe('distcomp launch', () => {
  /** The command as a person gives it, with this configuration of ssh. */
  async function command(
    network: TestNetwork,
    args: readonly string[],
    environment: Record<string, string> = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const { cli } = programs();
    const env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DISTCOMP_REDIS_URL: test.server.url,
      ...environment,
    };
    const all = [cli, 'launch', '--ssh-config', network.configFile, ...args];
    return new Promise(resolve => {
      execFile(process.execPath, all, { cwd: network.folder, env }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
    });
  }

  it('launches on the hosts of a file and says of each what came of it', async () => {
    const network = await testNetwork();
    await Promise.all(['alpha', 'beta'].map(name => network.start(name)));
    await writeFile(join(network.folder, 'hosts'), 'alpha # first\nbeta\n');
    const first = await command(network, ['--hosts', 'hosts', '--lanes', '3']);
    expect(first).toMatchObject({ code: 0, stdout: '2 workers started\n' });
    const said = first.stderr.split('\n');
    expect(said[0]).toMatch(/^Launching on 2 hosts for queue "default" at 127\.0\.0\.1:\d+\.$/);
    expect(said.slice(1).sort()).toEqual(
      expect.arrayContaining(['  alpha: alpha~1 started', '  beta: beta~1 started']),
    );
    const told = await test.redis.hget(test.queue.keys.workers, 'beta~1');
    expect(JSON.parse(told ?? '')).toMatchObject({ lanes: 3 });

    const again = await command(network, ['alpha', 'nowhere.invalid', '--json']);
    expect(again.code).toBe(1);
    expect(JSON.parse(again.stdout)).toEqual({
      hosts: [
        {
          host: 'alpha',
          workers: [{ slot: 1, state: 'already_running', worker: 'alpha~1' }],
          warnings: [],
        },
        {
          host: 'nowhere.invalid',
          workers: [],
          failure: { step: 'ssh', message: expect.stringContaining('Correct the name.') },
          warnings: [],
        },
      ],
    });
  });

  it('takes the hosts of a job of a scheduler', async () => {
    const network = await testNetwork();
    await Promise.all(['node1', 'node2'].map(name => network.start(name)));
    const slurm = { SLURM_JOB_NODELIST: 'node[1-2]' };
    const { stdout } = await command(network, ['--hosts', 'slurm:'], slurm);
    expect(stdout).toBe('2 workers started\n');
    const nodes = join(network.folder, 'nodes');
    await writeFile(nodes, 'node2\nnode2\nnode1\n');
    const pbs = await command(network, ['--hosts', 'pbs:'], { PBS_NODEFILE: nodes });
    expect(pbs.stdout).toBe('0 workers started · 2 already running\n');
  });

  it('says what is wrong with hosts before it does anything', async () => {
    const network = await testNetwork();
    await writeFile(join(network.folder, 'hosts'), 'alpha\nno host\n');
    const wrong = await command(network, ['-x', '--hosts', 'hosts', '--', '-oProxyCommand=x']);
    expect(wrong.code).toBe(2);
    const file = await command(network, ['--hosts', 'hosts', 'fe80::1']);
    expect(file).toMatchObject({
      code: 2,
      stderr: [
        'hosts:2:1: one host a line, and what holds for it as name=value, found "host"',
        'an IPv6 address stands in brackets, found "fe80::1". Write [fe80::1]\n',
      ].join('\n'),
    });
    expect((await command(network, ['--hosts', 'slurm:'])).stderr).toContain('no job of Slurm');
    expect((await command(network, [])).stderr).toContain('No host is named.');
    expect((await command(network, ['alpha'], { DISTCOMP_REDIS_URL: '' })).code).toBe(2);
  });
});
