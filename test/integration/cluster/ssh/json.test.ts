import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { submit } from '../../../../src/queue/submit';
import { isAlive } from '../../../setup/processes';
import { endWorkers, type TestHost, testNetwork } from '../../../setup/sshHosts';
import { until } from '../../../setup/until';
import type { Ended } from '../../cli/sandbox';
import { useQueue } from '../../queue/harness';
import { type HostCommands, hostCommands } from './hostCommands';
import { untilHostsMeet } from './lineTasks';

const test = useQueue();

afterEach(async () => endWorkers(await test.redis.hvals(test.queue.keys.registry)));

const BAD = 'nowhere.invalid';
const FAILURE = {
  step: 'ssh',
  message: `There is no host of the name ${BAD}. Correct the name.`,
};

/** Standard output is one document and nothing else. */
function documentOf({ stdout }: Ended): unknown {
  const document: unknown = JSON.parse(stdout);
  expect(stdout).toBe(`${JSON.stringify(document, null, 2)}\n`);
  return document;
}

/** Who runs as this worker, by the registry of Redis: its instance and its process. */
async function holderOf(worker: string): Promise<{ instance: string; pid: number }> {
  const holder = (await test.redis.hget(test.queue.keys.registry, worker)) ?? '';
  const [instance = '', , , pid] = holder.split(' ');
  return { instance, pid: Number(pid) };
}

/** Two hosts with a worker each, and what is true of them. */
async function launched(): Promise<{ alpha: TestHost; beta: TestHost; commands: HostCommands }> {
  const network = await testNetwork();
  const [alpha, beta] = await Promise.all([network.start('alpha'), network.start('beta')]);
  const commands = await hostCommands(network, test.server.url);
  const { code } = await commands.distcomp('launch', 'alpha', 'beta', '--lanes', '1');
  expect(code).toBe(0);
  return { alpha, beta, commands };
}

/** Every file below a folder with its size, by its path there. */
async function sizesBelow(folder: string): Promise<Record<string, number>> {
  const names = await readdir(folder, { recursive: true });
  const files = names.filter(name => statSync(join(folder, name)).isFile());
  return Object.fromEntries(files.map(name => [name, statSync(join(folder, name)).size]));
}

const totalOf = (sizes: Record<string, number>) =>
  Object.values(sizes).reduce((sum, size) => sum + size, 0);

describe('commands about hosts with --json', () => {
  it('launch and hosts tell of each worker what Redis and the process table say', async () => {
    const network = await testNetwork();
    await Promise.all([network.start('alpha'), network.start('beta')]);
    const { distcomp } = await hostCommands(network, test.server.url);
    const launch = await distcomp('launch', 'alpha', BAD, 'beta', '--json');
    expect(launch.code).toBe(1);
    const [alpha, beta] = [await holderOf('alpha~1'), await holderOf('beta~1')];
    const started = (name: string, { instance }: { instance: string }) => ({
      host: name,
      workers: [{ slot: 1, state: 'started', worker: `${name}~1`, instance }],
      warnings: [],
    });
    const bad = { host: BAD, workers: [], failure: FAILURE };
    expect(documentOf(launch)).toEqual({
      hosts: [started('alpha', alpha), { ...bad, warnings: [] }, started('beta', beta)],
    });

    const hosts = await distcomp('hosts', 'alpha', BAD, 'beta', '--json');
    expect(hosts.code).toBe(1);
    const running = (name: string, { pid }: { pid: number }) => ({
      host: name,
      workers: [{ slot: 1, pid, isThisVersion: true, worker: `${name}~1`, queue: 'default' }],
    });
    expect(documentOf(hosts)).toEqual({
      hosts: [running('alpha', alpha), bad, running('beta', beta)],
    });
    expect(readFileSync(`/proc/${beta.pid}/cmdline`, 'utf8')).toContain('/beta/home/.distcomp/');
  });

  it('stop tells how each worker ended, and hosts has none then', async () => {
    const { commands } = await launched();
    const pids = [(await holderOf('alpha~1')).pid, (await holderOf('beta~1')).pid];
    await submit(test.queue, ['shell:1:0:0:exec sleep 1000']);
    await until(async () => (await test.redis.hlen('in_progress_tasks')) === 1);
    const [busy = '', idle = ''] = (await test.redis.hvals('in_progress_tasks')).includes('alpha~1')
      ? ['alpha', 'beta']
      : ['beta', 'alpha'];
    const stop = await commands.distcomp('stop', idle, BAD, '--json');
    expect(stop.code).toBe(1);
    expect(documentOf(stop)).toEqual({
      hosts: [
        { host: idle, endings: [{ slot: 1, ending: 'drained' }] },
        { host: BAD, endings: [], failure: FAILURE },
      ],
    });
    const returned = await commands.distcomp('stop', busy, '--wait', '1', '--json');
    expect(returned.code).toBe(0);
    expect(documentOf(returned)).toEqual({
      hosts: [{ host: busy, endings: [{ slot: 1, ending: 'ended' }] }],
    });
    expect(pids.filter(isAlive)).toEqual([]);
    expect(await test.redis.hlen(test.queue.keys.registry)).toBe(0);
    expect(await test.redis.hlen('todo_tasks')).toBe(1);

    const hosts = await commands.distcomp('hosts', 'beta', '--json');
    expect(hosts.code).toBe(0);
    expect(documentOf(hosts)).toEqual({ hosts: [{ host: 'beta', workers: [] }] });
    const again = await commands.distcomp('stop', 'beta', '--json');
    expect(again.code).toBe(0);
    expect(documentOf(again)).toEqual({ hosts: [{ host: 'beta', endings: [] }] });
  });

  it('fetch tells what came from each host and what was here', async () => {
    const { alpha, commands } = await launched();
    const met = join(commands.cwd, 'met');
    await mkdir(met);
    const meet = untilHostsMeet(met, 2);
    const tasks = Array.from({ length: 6 }, (_, i) => `shell:1:0:0:: ${i}; seq 1000; ${meet}`);
    await submit(test.queue, tasks);
    await until(async () => (await test.redis.hlen('finished_tasks')) === tasks.length);
    const there = await sizesBelow(join(alpha.home, 'distcomp-results', 'distcomp-output'));
    expect(Object.keys(there)).not.toEqual([]);
    const folder = join(commands.cwd, 'got');
    const fetch = () => commands.distcomp('fetch', 'alpha', BAD, '-o', 'got', '--json');
    const first = await fetch();
    expect(first.code).toBe(1);
    const here = await sizesBelow(join(folder, 'alpha'));
    expect(here).toEqual(there);
    const count = Object.keys(there).length;
    const bad = { host: BAD, folder: join(folder, BAD), fetched: 0, present: 0, bytes: 0 };
    const from = { host: 'alpha', folder: join(folder, 'alpha') };
    expect(documentOf(first)).toEqual({
      hosts: [
        { ...from, fetched: count, present: 0, bytes: totalOf(here) },
        { ...bad, failure: FAILURE },
      ],
    });
    expect(documentOf(await fetch())).toEqual({
      hosts: [
        { ...from, fetched: 0, present: count, bytes: 0 },
        { ...bad, failure: FAILURE },
      ],
    });
  });

  it('clean tells what was removed, and where workers kept it from that', async () => {
    const { alpha, beta, commands } = await launched();
    expect((await commands.distcomp('stop', 'alpha')).code).toBe(0);
    const kilobytes = (path: string) =>
      Number(execFileSync('du', ['-sk', path], { encoding: 'utf8' }).split('\t')[0]);
    const oursOn = async ({ name, home }: TestHost) => {
      const ours = join(home, '.distcomp');
      const [program = ''] = (await readdir(ours)).filter(entry => entry.endsWith('.js'));
      return [
        { kind: 'own', path: join(ours, 'hosts', `${name}-${name}`) },
        { kind: 'output', path: join(home, 'distcomp-results', 'distcomp-output') },
        { kind: 'program', path: join(ours, program) },
      ].map(each => ({ ...each, kilobytes: kilobytes(each.path) }));
    };
    const told = async (host: TestHost, running: number) => ({
      host: host.name,
      ours: await oursOn(host),
      running,
      isShared: false,
    });
    const expected = {
      hosts: [
        await told(alpha, 0),
        { host: BAD, ours: [], running: 0, isShared: false, failure: FAILURE },
        await told(beta, 1),
      ],
    };
    const unasked = await commands.distcomp('clean', 'alpha', '--json');
    expect(unasked.code).toBe(2);
    expect(documentOf(unasked)).toEqual({
      error: { message: expect.stringContaining('give --yes.'), exit: 2 },
    });
    expect(existsSync(join(alpha.home, '.distcomp'))).toBe(true);

    const clean = await commands.distcomp('clean', 'alpha', BAD, 'beta', '--yes', '--json');
    expect(clean.code).toBe(1);
    expect(documentOf(clean)).toEqual(expected);
    expect(await readdir(alpha.home)).toEqual([]);
    expect(await oursOn(beta)).toEqual(expected.hosts[2]?.ours);
    expect(isAlive((await holderOf('beta~1')).pid)).toBe(true);

    const again = await commands.distcomp('clean', 'alpha', '--yes', '--json');
    expect(again.code).toBe(0);
    expect(documentOf(again)).toEqual({
      hosts: [{ host: 'alpha', ours: [], running: 0, isShared: false }],
    });
  });

  it('clean tells of a host that was lost between its list and the removal', async () => {
    const network = await testNetwork();
    const once = `${network.folder}/asked`;
    const { home } = await network.start('alpha', {
      config: [`ForceCommand [ -e ${once} ] || { touch ${once}; eval "$SSH_ORIGINAL_COMMAND"; }`],
    });
    const program = join(home, '.distcomp', 'worker-0123456789abcdef.js');
    await mkdir(dirname(program));
    await writeFile(program, '');
    const { distcomp } = await hostCommands(network, test.server.url);
    const clean = await distcomp('clean', 'alpha', '--yes', '--json');
    expect(clean.code).toBe(1);
    const message = 'Its shell did not run what was sent. Does sh work there?';
    expect(documentOf(clean)).toEqual({
      hosts: [
        {
          host: 'alpha',
          ours: [{ kind: 'program', path: program, kilobytes: 0 }],
          running: 0,
          isShared: false,
          failure: { step: 'shell', message },
        },
      ],
    });
    expect(existsSync(program)).toBe(true);
  });
});
