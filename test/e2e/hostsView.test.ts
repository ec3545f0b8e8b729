import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch } from '../../src/cluster/ssh/launch';
import { queueFolder } from '../../src/cluster/ssh/queueFolder';
import { DEFAULT_QUEUE } from '../../src/queue/keys';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { startRedis, type TestRedis } from '../setup/redis';
import {
  endWorkers,
  folderOn,
  type TestHost,
  type TestNetwork,
  testNetwork,
} from '../setup/sshHosts';
import { until } from '../setup/until';
import { cellsOf, dashboardPage, showPart, tableButton, tableRow } from './dashboardPage';
import { HostRows } from './hostRows';
import { READABLE_TERMINALS, Terminal } from './terminal';
import { NO_ROOM_SETTINGS, startWorkbench, type Workbench } from './workbench';

const PASSWORD = 'open sesame 7';
const NO_ROOM_NEEDED = { min_dram_gb_accept_new_task: 0, min_dram_gb_trigger_return: 0 };
const project = join(import.meta.dirname, '..', '..');

let workspace: string;
let server: TestRedis;
let redis: Redis;
let queue: Queue;
let network: TestNetwork;
let workbench: Workbench;
const hosts: Record<string, TestHost> = {};

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-hosts-'));
  server = await startRedis();
  redis = server.client();
  queue = new Queue(redis, DEFAULT_QUEUE);
  network = await testNetwork('told');
  for (const name of ['alpha', 'beta', 'gamma']) hosts[name] = await network.start(name);
  workbench = await startWorkbench({
    workspace,
    settings: {
      'distcomp.redis.url': server.url,
      ...NO_ROOM_SETTINGS,
      ...READABLE_TERMINALS,
    },
    machineSettings: {
      'distcomp.ssh.configFile': network.configFile,
      'distcomp.ssh.hosts': ['alpha env.COLOUR=blue', 'beta'],
    },
  });
  await workbench.showContainer('DistComp');
});
afterAll(async () => {
  endWorkers(await redis.hvals(queue.keys.registry));
  await workbench?.close();
  await network?.stop();
  await server?.stop();
  await rm(workspace, { recursive: true, force: true });
});

const ofQueue = () => queueFolder({ url: server.url }, DEFAULT_QUEUE);
const onAlpha = () => folderOn({ home: hosts.alpha?.home ?? '', name: 'alpha' }, ofQueue());
const rows = () => new HostRows(workbench);
const onHosts = (names: string[], item: string) => rows().on(names, item);
const standings = () => rows().standings();
const untilStandings = (wanted: Record<string, string>) => rows().until(wanted);
const terminal = () => new Terminal(workbench.page);
const holders = () => redis.hgetall(queue.keys.registry);
const registered = async () => (await redis.hkeys(queue.keys.registry)).sort();

/** The lines of a host's sshd about logins that worked. */
async function loginsOf({ name }: TestHost): Promise<string[]> {
  const log = await readFile(join(network.folder, name, 'log'), 'utf8');
  return log.match(/^Accepted .*$/gm) ?? [];
}

describe('the Hosts view', () => {
  it('asks the hosts of the settings when it is unfolded, and launches on the selected ones', async () => {
    await rows().tree.unfold();
    await untilStandings({ alpha: 'no worker', beta: 'no worker' });
    await workbench.screenshot('hosts-idle-dark');
    await onHosts(['alpha', 'beta'], 'Launch Workers over SSH…');
    await workbench.notice('2 workers started');
    await untilStandings({ alpha: '1 worker', beta: '1 worker' });
    expect(await registered()).toEqual(['alpha~1', 'beta~1']);
    await workbench.screenshot('hosts-running-dark');
  });

  it('shows the log of a host and what is added to it, in a terminal', async () => {
    await onHosts(['alpha'], 'Show Log of Host');
    await terminal().shows('alpha~1');
    const own = onAlpha();
    await writeFile(join(own, 'worker-1.log'), 'a line \u001b[2Jfrom alpha\n', {
      flag: 'a',
    });
    await terminal().shows('a line from alpha');
    await workbench.screenshot('hosts-log-dark');
  });

  it('opens the tunnels of its hosts again when the window comes back', async () => {
    const own = join(onAlpha(), 'redis.sock');
    const before = readlinkSync(own);
    await workbench.reload();
    await workbench.showContainer('DistComp');
    await until(() => existsSync(own) && readlinkSync(own) !== before, {
      describe: 'another tunnel to alpha',
    });
    await submit(queue, ['shell:0:0:0:echo after the window came back']);
    await until(async () => (await redis.hlen('finished_tasks')) === 1);
    await untilStandings({ alpha: '1 worker', beta: '1 worker' });
  });

  it('opens a shell on a host', async () => {
    await onHosts(['beta'], 'Open Terminal on Host');
    await terminal().shows('root@beta:');
    await terminal().type('echo "this is $(uname -n)"');
    await terminal().shows('this is beta');
  });

  it('restarts workers as they were launched', async () => {
    const before = await holders();
    await onHosts(['alpha'], 'Restart Workers on Hosts…');
    expect(await workbench.answerDialog('Cancel')).toContain(
      'Restart the workers on alpha? What they run has 30 seconds to end, and goes back to the queue then.',
    );
    expect(await holders()).toEqual(before);
    await onHosts(['alpha'], 'Restart Workers on Hosts…');
    await workbench.answerDialog('Restart');
    await workbench.notice('1 worker restarted');
    await untilStandings({ alpha: '1 worker', beta: '1 worker' });
    const after = await holders();
    expect(Object.keys(after).sort()).toEqual(['alpha~1', 'beta~1']);
    expect(after['alpha~1']).not.toBe(before['alpha~1']);
    expect(after['beta~1']).toBe(before['beta~1']);
    await submit(queue, [
      'shell:0:0:0:echo "$COLOUR $(uname -n)"; sleep 0.2',
      'shell:0:0:0:sleep 0.1',
    ]);
    await until(async () => (await redis.hlen('finished_tasks')) === 3);
  });

  it('fetches the output files of hosts', async () => {
    await onHosts(['alpha', 'beta'], 'Fetch Output Files…');
    await workbench.nameFile('Where to?', `${workspace}/`);
    await workbench.notice(' files fetched to');
    const folder = join(workspace, 'distcomp-output');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const outputs = files.filter(name => name.endsWith('.out'));
    expect(outputs.length).toBe(3);
    const texts = await Promise.all(outputs.map(name => readFile(join(folder, name), 'utf8')));
    expect(texts).toContain('after the window came back\n');
    expect(texts.filter(text => /^(blue alpha| beta)\n$/.test(text)).length).toBe(1);
    await workbench.screenshot('hosts-fetched-dark');
  });

  it('says of a host that is gone that it does not answer, and finds it again', async () => {
    await hosts.beta?.stop('sessions');
    await workbench.runCommand('DistComp: Refresh');
    await untilStandings({ alpha: '1 worker', beta: 'failed: Nothing answers at its SSH port' });
    await workbench.screenshot('hosts-gone-dark');
    await hosts.beta?.restart();
    await workbench.runCommand('DistComp: Refresh');
    // Both are asked, and a host that is being asked has a shorter menu; without its tunnel, a worker
    // that ends could not tell Redis.
    await untilStandings({ alpha: '1 worker', beta: '1 worker · through this window' });
  });

  it('stops workers after a question, which may be refused', async () => {
    await onHosts(['alpha', 'beta'], 'Stop Workers on Hosts…');
    expect(await workbench.answerDialog('Cancel')).toContain('Stop the workers on 2 hosts?');
    expect(await registered()).toEqual(['alpha~1', 'beta~1']);
    await onHosts(['alpha', 'beta'], 'Stop Workers on Hosts…');
    await workbench.answerDialog('Stop');
    await workbench.notice('2 workers ended');
    await untilStandings({ alpha: 'no worker', beta: 'no worker' });
    expect(await registered()).toEqual([]);
  });

  it('removes all of DistComp from hosts after a list of it, which may be refused', async () => {
    const [alpha, beta] = [hosts.alpha?.home ?? '', hosts.beta?.home ?? ''];
    await onHosts(['alpha'], 'Clean Hosts…');
    const said = await workbench.answerDialog('Cancel');
    expect(said).toContain('Remove this from 1 host? It cannot be undone.');
    expect(said).toContain(`alpha: ${alpha}/.distcomp/worker-`);
    expect(existsSync(join(alpha, '.distcomp'))).toBe(true);
    // The row may say for a moment more that it is being cleaned, and its menu offers less.
    await untilStandings({ alpha: 'no worker' });
    await onHosts(['alpha'], 'Clean Hosts…');
    await workbench.answerDialog('Remove');
    await workbench.notice('1 host cleaned');
    expect(readdirSync(alpha)).toEqual([]);

    const outputs = join(beta, 'distcomp-results', 'distcomp-output');
    await mkdir(outputs, { recursive: true });
    await writeFile(join(outputs, 'kept.out'), '0.91\n');
    await workbench.clearNotices();
    await onHosts(['beta'], 'Clean Hosts…');
    await workbench.answerDialog('Keep Output Files');
    await workbench.notice('1 host cleaned');
    expect(existsSync(join(beta, '.distcomp'))).toBe(false);
    expect(readdirSync(outputs)).toContain('kept.out');
  });
});

describe('the table of workers on the dashboard', () => {
  it('shows the log of the host of a worker, and stops the workers on it', async () => {
    await untilStandings({ alpha: 'no worker', beta: 'no worker' });
    await onHosts(['alpha', 'beta'], 'Launch Workers over SSH…');
    await untilStandings({ alpha: '1 worker', beta: '1 worker' });
    await workbench.runCommand('View: Close All Editors');
    await workbench.runCommand('DistComp: Open Dashboard');
    const page = await dashboardPage(workbench);
    await showPart(page, 'Workers');
    const row = tableRow(page, 'workers', 1);
    await until(async () => (await cellsOf(row))[0] === 'beta~1');
    await row.locator('.check').click();
    await tableButton(page, 'Show Log').click();
    await terminal().shows('beta~1');
    await tableButton(page, 'Stop Host').click();
    expect(await workbench.answerDialog('Cancel')).toContain('Stop the workers on beta?');
    expect(await registered()).toEqual(['alpha~1', 'beta~1']);
    await tableButton(page, 'Stop Host').click();
    await workbench.answerDialog('Stop');
    await untilStandings({ alpha: '1 worker', beta: 'no worker' });
    expect(await registered()).toEqual(['alpha~1']);
    await workbench.runCommand('View: Close Editor');
    await rows().stop(['alpha']);
  });
});

describe('a host that asks for a password', () => {
  it('says so, is logged in to in a terminal, and is launched on then', async () => {
    const host = await network.start('delta', {
      password: PASSWORD,
      config: ['PubkeyAuthentication no'],
    });
    await workbench.runCommand('DistComp: Launch Workers over SSH…');
    // Those of the settings are ticked already.
    await workbench.pickSeveral(['alpha', 'beta', 'delta']);
    const said = await workbench.notice('0 workers started · 1 host failed.');
    expect(said).toContain('delta: The host refused the login: it accepts password');
    await untilStandings({ delta: 'wants you to log in' });
    await workbench.screenshot('hosts-login-dark');
    await workbench.answerNotice('0 workers started · 1 host failed.', 'Log In…');
    await terminal().shows('root@127.');
    await terminal().type(PASSWORD);
    await until(async () => (await registered()).includes('delta~1'));
    await untilStandings({ delta: '1 worker' });
    expect((await loginsOf(host)).length).toBe(1);

    await onHosts(['delta'], 'Open Terminal on Host');
    await terminal().shows('root@delta:');
    await terminal().type('echo "this is $(uname -n)"');
    await terminal().shows('this is delta');
    await rows().stop(['delta']);
    expect((await loginsOf(host)).length).toBe(1);

    // The host goes down, and with it the connection; in the menu one logs in again.
    await host.stop('sessions');
    await host.restart();
    await workbench.runCommand('DistComp: Refresh');
    await untilStandings({ delta: 'wants you to log in' });
    await onHosts(['delta'], 'Log In to Host…');
    await terminal().shows('root@127.');
    await terminal().type(PASSWORD);
    await untilStandings({ delta: 'no worker' });
    await onHosts(['delta'], 'Log Out of Host');
    await workbench.notice('1 login ended.');
    await untilStandings({ delta: 'wants you to log in' });
    await onHosts(['delta'], 'Remove from the List of Hosts');
    await until(async () => !('delta' in (await standings())));
    await host.stop('sessions');
  });
});

describe('a host without Node', () => {
  it('gets one from here, and keeps it', async () => {
    const host = await network.start('omega', {
      before: 'mount -t tmpfs none /usr/local/bin; mount --bind /bin/false /usr/bin/node',
    });
    await workbench.runCommand('DistComp: Launch Workers over SSH…');
    await workbench.pickSeveral(['alpha', 'beta', 'omega']);
    await workbench.notice('omega: No Node 18 or newer was found.');
    await untilStandings({ omega: 'failed: No Node 18 or newer was found.' });
    await workbench.answerNotice('omega: No Node', 'Send a Node…');
    // By a name that the dialog cannot complete to another one.
    await symlink(process.execPath, join(workspace, 'node'));
    await workbench.nameFile('A Node program for these hosts', join(workspace, 'node'));
    await until(async () => (await registered()).includes('omega~1'));
    const pid = (await holders())['omega~1']?.split(' ')[3];
    expect(readlinkSync(`/proc/${pid}/exe`)).toBe(join(host.home, '.distcomp', 'node'));
    await untilStandings({ omega: '1 worker' });
    await rows().stop(['omega']);
    await onHosts(['omega'], 'Remove from the List of Hosts');
    await until(async () => !('omega' in (await standings())));
  });
});

describe('workers of another version', () => {
  it('are told of, and replaced on request', async () => {
    const bundle = join(workspace, 'worker.js');
    const older = await readFile(join(project, 'dist', 'worker.js'), 'utf8');
    await writeFile(bundle, `${older}\n// an older one\n`);
    const beta = { name: 'beta', address: 'beta' };
    const ssh = { configFile: network.configFile };
    const config = { redis_url: server.url, ...NO_ROOM_NEEDED };
    const [launched] = await launch({
      hosts: [beta],
      workerBundle: bundle,
      queueFolder: ofQueue(),
      config,
      workersPerHost: 1,
      ssh,
    });
    const before = launched?.workers[0]?.instance;
    expect((await holders())['beta~1']?.startsWith(`${before} `)).toBe(true);
    await onHosts(['beta'], 'Launch Workers over SSH…');
    await workbench.notice('0 workers started · 1 already running · 1 of another version.');
    await untilStandings({ beta: '1 worker, 1 of another version' });
    await workbench.answerNotice('1 of another version', 'Replace Other Versions');
    await until(async () => {
      const now = (await holders())['beta~1'];
      return now !== undefined && !now.startsWith(`${before} `);
    });
    await until(async () => (await standings()).beta === '1 worker · through this window');
    await rows().stop(['beta']);
  });
});

describe('a host file', () => {
  it('is launched on by group, stands in the view from then on, and goes from it', async () => {
    const file = join(workspace, 'cluster.hosts');
    await writeFile(file, '[small]\ngamma\n[big]\nalpha\n');
    await workbench.runCommand('DistComp: Launch Workers over SSH…');
    await workbench.page
      .locator('.quick-input-widget [aria-label="Take the Hosts of a File…"]')
      .click();
    await workbench.nameFile('Host File', file);
    await until(async () => (await workbench.pickLabels()).includes('[small]'));
    expect(await workbench.pickLabels()).toEqual(['All hosts', '[small]', '[big]']);
    await workbench.pick('[small]');
    await until(async () => (await registered()).join() === 'gamma~1', {
      describe: async () => `gamma~1 alone, found ${await registered()}`,
    });
    await untilStandings({ alpha: 'no worker', gamma: '1 worker' });
    await rows().stop(['gamma']);
    await onHosts(['gamma'], 'Remove from the List of Hosts');
    await until(async () => !('gamma' in (await standings())));
    expect(Object.keys(await standings())).toEqual(['alpha', 'beta']);
  });
});
