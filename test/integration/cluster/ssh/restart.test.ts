import { type ChildProcess, execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { HostSettings } from '../../../../src/cluster/ssh/hosts';
import { launch } from '../../../../src/cluster/ssh/launch';
import { queueFolder } from '../../../../src/cluster/ssh/queueFolder';
import { restartWorkers } from '../../../../src/cluster/ssh/restart';
import type { HostResult } from '../../../../src/cluster/ssh/results';
import { DEFAULT_QUEUE } from '../../../../src/queue/keys';
import { submit } from '../../../../src/queue/submit';
import { programs } from '../../../setup/bundle';
import { endWorkers, folderOn, type TestNetwork, testNetwork } from '../../../setup/sshHosts';
import { until } from '../../../setup/until';
import { useQueue } from '../../queue/harness';

const test = useQueue();
afterEach(async () => endWorkers(await test.redis.hvals(test.queue.keys.registry)));

const NO_ROOM_NEEDED = { min_dram_gb_accept_new_task: 0, min_dram_gb_trigger_return: 0 };

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

interface Running {
  child: ChildProcess;
  end: Promise<Ran>;
}

/** The command as a person gives it, with this configuration of ssh. */
async function begin(network: TestNetwork, ...args: string[]): Promise<Running> {
  const { cli } = programs();
  return beginWith(cli, network, args);
}

function beginWith(cli: string, network: TestNetwork, args: readonly string[]): Running {
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DISTCOMP_REDIS_URL: test.server.url,
  };
  const all = [cli, ...args, '--ssh-config', network.configFile];
  let child: ChildProcess | undefined;
  const end = new Promise<Ran>(resolve => {
    child = execFile(process.execPath, all, { cwd: network.folder, env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
  if (!child) throw new Error('a promise begins at once');
  return { child, end };
}

const distcomp = async (network: TestNetwork, ...args: string[]): Promise<Ran> =>
  (await begin(network, ...args)).end;

async function hostsNamed(...names: string[]): Promise<TestNetwork> {
  const network = await testNetwork();
  await Promise.all(names.map(name => network.start(name)));
  await writeFile(join(network.folder, 'conf.json'), JSON.stringify(NO_ROOM_NEEDED));
  return network;
}

/** By the settings of the folder, commands know which queue is meant. */
const USING = 'Using conf.json of this folder.\n';

interface Seen {
  pid: number;
  instance: string;
}

/** Workers by their names, as they are registered. */
async function registered(): Promise<Record<string, Seen>> {
  const holders = await test.redis.hgetall(test.queue.keys.registry);
  const seen = Object.entries(holders).map(([name, holder]) => {
    const [instance = '', , , pid] = holder.split(' ');
    return [name, { instance, pid: Number(pid) }] as const;
  });
  return Object.fromEntries(seen.sort(([a], [b]) => a.localeCompare(b)));
}

async function worker(name: string): Promise<Seen> {
  const seen = (await registered())[name];
  if (!seen) throw new Error(`${name} is not registered`);
  return seen;
}

const cwdOf = ({ pid }: Seen) => readlinkSync(`/proc/${pid}/cwd`);
const statusOf = (pid: number) => readFileSync(`/proc/${pid}/status`, 'utf8');
const commandOf = ({ pid }: Seen) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');

function environmentOf({ pid }: Seen): Record<string, string> {
  const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  return Object.fromEntries(
    entries.map(entry => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

/** A process that only waits to be buried is none. */
function runs({ pid }: Seen): boolean {
  return existsSync(`/proc/${pid}/exe`) && readFileSync(`/proc/${pid}/cmdline`).length > 0;
}

/** As its heartbeat tells, of which the first comes after a restart has answered. */
const hasLanes = (name: string, lanes: number) =>
  until(async () => {
    const told = (await test.redis.hget(test.queue.keys.workers, name)) ?? '{}';
    expect(JSON.parse(told)).toMatchObject({ lanes });
    return true;
  });

const ofQueue = () => queueFolder({ url: test.server.url }, DEFAULT_QUEUE);

/** What the host keeps in its own folder. */
const ownFolder = ({ folder }: TestNetwork, name: string) =>
  folderOn({ home: join(folder, name, 'home'), name }, ofQueue());

const drains = (network: TestNetwork, name: string) =>
  readFileSync(join(ownFolder(network, name), 'worker-1.log'), 'utf8').includes('Draining:');

const finished = () => test.redis.hlen('finished_tasks');

/** Runs until it is let go; both ends leave the host's name. */
const held = (folder: string, name: string) => {
  const at = (what: string) => join(folder, `${what}-${name}`);
  const line = `hostname >>${at('began')}; until [ -e ${at('go')} ]; do sleep 0.1; done; hostname >>${at('ended')}`;
  return {
    line: `shell:1:0:0:${line}`,
    letGo: () => writeFile(at('go'), ''),
    began: () => linesOf(at('began')),
    ended: () => linesOf(at('ended')),
  };
};

const linesOf = (path: string) =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];

describe('distcomp restart', () => {
  it('starts the workers of hosts as a host file had launched them, by their names alone', async () => {
    const network = await hostsNamed('alpha', 'beta');
    const work = join(network.folder, 'my work');
    await mkdir(work);
    await writeFile(
      join(network.folder, 'hosts'),
      `alpha workers=2 max_task_per_worker=3 cwd="${work}" env.GREETING="it's so"\nbeta max_task_per_worker=5\n`,
    );
    await distcomp(network, 'launch', '--hosts', 'hosts');
    const before = await registered();
    const cwdOfBeta = cwdOf(await worker('beta~1'));
    const settings = () =>
      Promise.all(
        ['alpha', 'beta'].map(name => readFile(join(ownFolder(network, name), 'conf.json'))),
      );
    const settingsBefore = await settings();

    const { code, stdout, stderr } = await distcomp(network, 'restart', 'alpha', 'beta');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '3 workers restarted\n' });
    expect(stderr.split('\n').sort()).toEqual([
      '',
      '  alpha: alpha~1 restarted, alpha~2 restarted',
      '  beta: beta~1 restarted',
      USING.trim(),
    ]);
    const after = await registered();
    expect(Object.keys(after)).toEqual(['alpha~1', 'alpha~2', 'beta~1']);
    const instances = [before, after].flatMap(all => Object.values(all).map(one => one.instance));
    expect(new Set(instances).size).toBe(6);
    expect(Object.values(before).filter(runs)).toEqual([]);
    expect(Object.values(after).filter(runs)).toHaveLength(3);
    for (const name of ['alpha~1', 'alpha~2']) {
      expect(cwdOf(await worker(name))).toBe(work);
      expect(environmentOf(await worker(name)).GREETING).toBe("it's so");
      await hasLanes(name, 3);
    }
    expect(cwdOf(await worker('beta~1'))).toBe(cwdOfBeta);
    expect(environmentOf(await worker('beta~1'))).not.toHaveProperty('GREETING');
    await hasLanes('beta~1', 5);
    expect(await settings()).toEqual(settingsBefore);

    await submit(test.queue, ['shell:1:0:0:echo works']);
    await until(async () => (await finished()) === 1);
    expect((await distcomp(network, 'stop', 'alpha', 'beta')).code).toBe(0);
    const none = await distcomp(network, 'restart', 'alpha', '--json');
    expect(none.code).toBe(1);
    expect(JSON.parse(none.stdout)).toEqual({
      hosts: [
        {
          host: 'alpha',
          workers: [],
          failure: { step: 'restart', message: 'No worker runs there. Launch some.' },
          warnings: [],
        },
      ],
    });
  });

  it('lets tasks end, or gives them back, so that each finishes once', async () => {
    const network = await hostsNamed('alpha', 'beta');
    await distcomp(network, 'launch', 'alpha', 'beta', '--lanes', '1');
    const tasks = ['one', 'two'].map(name => held(network.folder, name));
    await submit(
      test.queue,
      tasks.map(({ line }) => line),
    );
    await until(() => tasks.every(({ began }) => began().length === 1));
    const taskOf = (host: string) => {
      const task = tasks.find(({ began }) => began()[0] === host);
      if (!task) throw new Error(`${host} runs nothing`);
      return task;
    };
    const [onAlpha, onBeta] = [taskOf('alpha'), taskOf('beta')];

    const drained = await begin(network, 'restart', 'alpha', '--wait', '300');
    await until(() => drains(network, 'alpha'));
    await onAlpha.letGo();
    expect(await drained.end).toEqual({
      code: 0,
      stdout: '1 worker restarted\n',
      stderr: `${USING}  alpha: alpha~1 restarted\n`,
    });
    expect(onAlpha.began()).toEqual(['alpha']);
    expect(await finished()).toBe(1);

    const givenBack = await distcomp(network, 'restart', 'beta', '--wait', '0');
    expect(givenBack).toMatchObject({ code: 0, stdout: '1 worker restarted\n' });
    expect(givenBack.stderr).toBe(
      `${USING}  beta: beta~1 restarted\n    Worker 1 gave back what it still ran.\n`,
    );
    await until(() => onBeta.began().length === 2);
    await onBeta.letGo();
    await until(async () => (await finished()) === 2);
    expect([onAlpha.ended(), onBeta.ended()].map(hosts => hosts.length)).toEqual([1, 1]);
    for (const key of ['todo_tasks', 'in_progress_tasks', 'failed_tasks']) {
      expect(await test.redis.hlen(key), key).toBe(0);
    }
  });

  it('kills a worker that hangs, whose successor gives back what it ran', async () => {
    const network = await hostsNamed('alpha');
    await distcomp(network, 'launch', 'alpha', '--lanes', '1');
    const task = held(network.folder, 'one');
    await submit(test.queue, [task.line]);
    await until(() => task.began().length === 1);
    const { pid } = await worker('alpha~1');
    process.kill(pid, 'SIGSTOP');
    const { code, stderr } = await distcomp(network, 'restart', 'alpha', '--wait', '0');
    expect(code).toBe(0);
    expect(stderr).toBe(
      `${USING}  alpha: alpha~1 restarted\n    Worker 1 hung and was killed; what it ran went back to the queue.\n`,
    );
    await until(() => task.began().length === 2);
    await task.letGo();
    await until(async () => (await finished()) === 1);
    expect(task.ended()).toEqual(['alpha']);
  });

  it('brings the program of this version, whatever runs', async () => {
    const network = await hostsNamed('alpha');
    await distcomp(network, 'launch', 'alpha');
    const programOf = async () =>
      commandOf(await worker('alpha~1')).find(word => /worker-\w+\.js$/.test(word));
    const before = await programOf();
    // The same program by another name stands for another version.
    const { cli, worker: bundle } = programs();
    const other = join(network.folder, 'other');
    await mkdir(other);
    await writeFile(join(other, 'cli.js'), await readFile(cli));
    await writeFile(join(other, 'worker.js'), `${await readFile(bundle, 'utf8')}\n// newer\n`);
    const restarted = await beginWith(join(other, 'cli.js'), network, ['restart', 'alpha']).end;
    expect(restarted).toMatchObject({ code: 0, stdout: '1 worker restarted\n' });
    expect(await programOf()).not.toBe(before);
    const programsThere = readdirSync(join(network.folder, 'alpha', 'home', '.distcomp'));
    expect(programsThere.filter(name => name.endsWith('.js'))).toHaveLength(2);
  });

  it('ends no worker that could not come back, and says why', async () => {
    const names = ['noNode', 'noFolder', 'noRedis', 'badConf', 'good'];
    const network = await hostsNamed(...names);
    const node = join(network.folder, 'node of its own');
    await symlink(process.execPath, node);
    const work = join(network.folder, 'work');
    await mkdir(work);
    await writeFile(
      join(network.folder, 'hosts'),
      [`noNode node="${node}"`, `noFolder cwd="${work}"`, ...names.slice(2), ''].join('\n'),
    );
    await distcomp(network, 'launch', '--hosts', 'hosts');
    const before = await registered();
    expect(Object.keys(before)).toHaveLength(names.length);
    await rm(node);
    await rm(work, { recursive: true });
    const settings = (name: string) => join(ownFolder(network, name), 'conf.json');
    await writeFile(settings('noRedis'), '{"redis_url": "redis://127.0.0.1:1"}');
    await writeFile(settings('badConf'), '{"redis_port": "x"}');

    const { code, stdout } = await distcomp(
      network,
      'restart',
      ...names,
      'nowhere.invalid',
      '--json',
    );
    expect(code).toBe(1);
    const { hosts } = JSON.parse(stdout);
    expect(hosts).toHaveLength(6);
    const refused = (step: string, message: string) => ({
      workers: [],
      failure: {
        step,
        message: expect.stringMatching(
          `^${message}.* Its workers were left running as they were.$`,
        ),
      },
    });
    expect(hosts[0]).toMatchObject(refused('node', `${node} cannot run there as Node.`));
    expect(hosts[1]).toMatchObject(refused('cwd', `There is no working directory ${work} that`));
    expect(hosts[2]).toMatchObject(refused('redis', 'Cannot reach Redis at 127.0.0.1:1:'));
    expect(hosts[3]).toMatchObject(refused('settings', '.*redis_port'));
    const good = await worker('good~1');
    expect(hosts[4]).toEqual({
      host: 'good',
      workers: [{ slot: 1, state: 'started', worker: 'good~1', instance: good.instance }],
      warnings: [],
    });
    expect(hosts[5]).toMatchObject({ workers: [], failure: { step: 'ssh' } });
    const after = await registered();
    expect({ ...after, 'good~1': null }).toEqual({ ...before, 'good~1': null });
    expect(good.instance).not.toBe(before['good~1']?.instance);
    expect(Object.values(after).filter(runs)).toHaveLength(names.length);
  });

  it('needs a tunnel to stand, and leaves it as it is', async () => {
    const network = await hostsNamed('alpha');
    const tunnel = await begin(network, 'launch', 'alpha', '--tunnel');
    let said = '';
    tunnel.child.stderr?.on('data', text => {
      said += text;
    });
    await until(() => said.includes(' open while this runs'));
    const before = await worker('alpha~1');
    expect(await distcomp(network, 'restart', 'alpha')).toMatchObject({ code: 0 });
    const after = await worker('alpha~1');
    expect(after.instance).not.toBe(before.instance);
    expect(said).not.toContain('lost');
    tunnel.child.kill('SIGINT');
    await tunnel.end;
    const refused = await distcomp(network, 'restart', 'alpha');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /failed \(redis\): .* Its workers were left running as they were\./,
    );
    expect(await worker('alpha~1')).toEqual(after);
    expect(runs(after)).toBe(true);
  });

  it('names a worker that did not come back after all, and brings back the others', async () => {
    const network = await hostsNamed('alpha');
    await distcomp(network, 'launch', 'alpha', '--workers', '3');
    const log = join(ownFolder(network, 'alpha'), 'worker-2.log');
    await rm(log);
    await mkdir(log);
    const { code, stdout, stderr } = await distcomp(network, 'restart', 'alpha');
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: '2 workers restarted · 1 host failed\n',
    });
    expect(stderr).toMatch(
      /^Using conf\.json of this folder\.\n {2}alpha: alpha~1 restarted, alpha~3 restarted, failed \(start\): .* Not running now: worker 2\. Launch again\.\n$/,
    );
    expect(Object.keys(await registered())).toEqual(['alpha~1', 'alpha~3']);
  });

  it('goes on when its connection breaks in the middle', async () => {
    const network = await hostsNamed();
    const host = await network.start('alpha');
    await distcomp(network, 'launch', 'alpha', '--workers', '2', '--lanes', '1');
    const before = await registered();
    const tasks = ['one', 'two'].map(name => held(network.folder, name));
    await submit(
      test.queue,
      tasks.map(({ line }) => line),
    );
    await until(() => tasks.every(({ began }) => began().length === 1));
    const restarting = await begin(network, 'restart', 'alpha', '--wait', '300');
    await until(() => drains(network, 'alpha'));
    await host.stop('sessions');
    expect((await restarting.end).code).toBe(1);
    for (const task of tasks) await task.letGo();
    await until(async () => {
      const now = await registered();
      return Object.entries(before).every(
        ([name, { instance }]) => now[name] !== undefined && now[name].instance !== instance,
      );
    });
    const after = Object.values(await registered());
    expect(after.filter(runs)).toHaveLength(2);
    // What the shell there ignores for this, workers do not: HUP is the lowest bit.
    for (const { pid } of after) {
      const [, ignored] = /^SigIgn:\t[\da-f]{15}([\da-f])$/m.exec(statusOf(pid)) ?? [];
      expect(Number.parseInt(ignored ?? '', 16) & 1).toBe(0);
    }
    expect(await finished()).toBe(2);
  });
});

describe('the order that a launch leaves on a host', () => {
  async function launchWith(network: TestNetwork, settings: HostSettings): Promise<HostResult[]> {
    return launch({
      hosts: [{ name: 'alpha', address: 'alpha', settings }],
      workerBundle: programs().worker,
      queueFolder: ofQueue(),
      config: { redis_url: test.server.url, ...NO_ROOM_NEEDED },
      workersPerHost: 1,
      ssh: { configFile: network.configFile },
    });
  }

  async function restartAlpha(network: TestNetwork): Promise<HostResult | undefined> {
    const [result] = await restartWorkers({
      hosts: [{ name: 'alpha', address: 'alpha' }],
      workerBundle: programs().worker,
      drainSeconds: 30,
      ssh: { configFile: network.configFile },
    });
    return result;
  }

  it.each(['fish', 'tcsh'])(
    'has values as they were given, with %s as the login shell',
    async shell => {
      const network = await testNetwork();
      // As sshd would have it run: the whole command as one word for that shell.
      const config = [`ForceCommand exec ${shell} -c "$SSH_ORIGINAL_COMMAND"`];
      const { home } = await network.start('alpha', { config });
      const cwd = join(home, 'it\'s "my"\n$(touch $HOME/pwned) `work` \\');
      await mkdir(cwd, { recursive: true });
      const environment = {
        TEXT: 'it\'s "so"\n$(touch $HOME/pwned)\n`touch $HOME/pwned` \\\n\n',
        // Names that the text which runs there has too.
        ...{ CWD: '/nowhere', SLOTS: '7', FOLDER: '/nowhere', OWN: '/nowhere', NODE: 'none' },
        ...{ ORDER: 'exit', ENVIRONMENT: 'exit', BUNDLE: 'none', TOKEN: 'none', slot: 'none' },
      };
      const launched = await launchWith(network, { cwd, environment, config: {} });
      expect(launched[0]).toMatchObject({ workers: [{ worker: 'alpha~1' }] });
      const before = await worker('alpha~1');
      expect(environmentOf(before)).toMatchObject(environment);
      expect(statSync(join(ownFolder(network, 'alpha'), 'worker-1.order')).mode & 0o777).toBe(
        0o600,
      );

      const result = await restartAlpha(network);
      expect(result?.failure).toBeUndefined();
      expect(result).toMatchObject({ workers: [{ slot: 1, state: 'started', worker: 'alpha~1' }] });
      const after = await worker('alpha~1');
      expect(after.instance).not.toBe(before.instance);
      expect(cwdOf(after)).toBe(cwd);
      expect(environmentOf(after)).toMatchObject(environment);
      expect(execFileSync('find', [network.folder, '-name', 'pwned'], { encoding: 'utf8' })).toBe(
        '',
      );
    },
  );

  it('is one for each slot: what runs already keeps its own', async () => {
    const network = await testNetwork();
    const { home } = await network.start('alpha');
    const folders = ['first', 'second'].map(name => join(home, name));
    for (const [i, cwd] of folders.entries()) {
      await mkdir(cwd);
      await launchWith(network, { cwd, workers: i + 1, environment: {}, config: {} });
    }
    const seen = async () => [cwdOf(await worker('alpha~1')), cwdOf(await worker('alpha~2'))];
    expect(await seen()).toEqual(folders);
    const result = await restartAlpha(network);
    expect(result?.workers.map(({ state }) => state)).toEqual(['started', 'started']);
    expect(await seen()).toEqual(folders);
  });

  it('was not left by earlier versions: where such a worker runs is seen, and what is lost is said', async () => {
    const network = await testNetwork();
    const { home } = await network.start('alpha');
    const cwd = join(home, "it's my work");
    await mkdir(cwd);
    await launchWith(network, { cwd, environment: {}, config: {} });
    await rm(join(ownFolder(network, 'alpha'), 'worker-1.order'));
    const before = await worker('alpha~1');
    const result = await restartAlpha(network);
    expect(result).toMatchObject({
      workers: [{ worker: 'alpha~1', state: 'started' }],
      warnings: [expect.stringContaining('left no note of their environment')],
    });
    expect(await worker('alpha~1')).not.toEqual(before);
    expect(cwdOf(await worker('alpha~1'))).toBe(cwd);
    expect(await restartAlpha(network)).toMatchObject({ warnings: [] });
    expect(cwdOf(await worker('alpha~1'))).toBe(cwd);
  });
});
