import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queueFolder } from '../../src/cluster/ssh/queueFolder';
import { DEFAULT_QUEUE } from '../../src/queue/keys';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { taskId } from '../../src/tasks/task';
import { startRedis, type TestRedis } from '../setup/redis';
import {
  endWorkers,
  folderOn,
  type TestHost,
  type TestNetwork,
  testNetwork,
} from '../setup/sshHosts';
import { until } from '../setup/until';
import { HostRows } from './hostRows';
import { NO_ROOM_SETTINGS, startWorkbench, type Workbench } from './workbench';

let workspace: string;
let server: TestRedis;
let redis: Redis;
let queue: Queue;
let network: TestNetwork;
let alpha: TestHost;
let workbench: Workbench;
let rows: HostRows;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-window-'));
  server = await startRedis();
  redis = server.client();
  queue = new Queue(redis, DEFAULT_QUEUE);
  network = await testNetwork('told');
  alpha = await network.start('alpha');
  await network.start('beta');
  await network.start('stranger', { known: false });
  workbench = await startWorkbench({
    workspace,
    settings: { 'distcomp.redis.url': server.url, ...NO_ROOM_SETTINGS },
    machineSettings: {
      'distcomp.ssh.configFile': network.configFile,
      'distcomp.ssh.hosts': ['alpha', 'beta max_retry_per_task=7', 'stranger'],
    },
  });
  rows = new HostRows(workbench);
  await workbench.showContainer('DistComp');
  await rows.tree.unfold();
  await rows.until({ alpha: 'no worker', beta: 'no worker' });
});
afterAll(async () => {
  endWorkers(await redis.hvals(queue.keys.registry));
  await workbench?.close();
  await network?.stop();
  await server?.stop();
  await rm(workspace, { recursive: true, force: true });
});

const holders = () => redis.hgetall(queue.keys.registry);
const settingsOf = (host: Pick<TestHost, 'home' | 'name'>) =>
  join(folderOn(host, queueFolder({ url: server.url }, DEFAULT_QUEUE)), 'conf.json');
const messages = () =>
  workbench.page.locator('.tree-explorer-viewlet-tree-view .message').allTextContents();

const REMEDY = 'Log In to Host… shows it in a terminal, and asks whether to accept it.';

describe('a host whose key is not accepted', () => {
  it('says so in its row, and by which command it is', async () => {
    await rows.until({ stranger: 'key not accepted yet' });
    expect(await rows.tree.tooltipOf('stranger', REMEDY)).toMatch(/\(ssh-ed25519 SHA256:\S+\)/);
    expect(await readFile(network.knownHosts, 'utf8')).not.toContain('stranger');
    await workbench.screenshot('hosts-key-dark');
  });
});

describe('workers that reach Redis through the window', () => {
  it('are told of, above and in the rows', async () => {
    await rows.on(['alpha', 'beta'], 'Launch Workers over SSH…');
    await rows.until({
      alpha: '1 worker · through this window',
      beta: '1 worker · through this window',
    });
    expect(await messages()).toContain(
      'Workers on 2 hosts reach Redis through this window; while it is closed they wait.',
    );
    await workbench.screenshot('hosts-through-window-dark');
  });

  it('say since when that way is lost, and that it is back', async () => {
    await alpha.stop('sessions');
    await until(
      async () =>
        /^1 worker · tunnel lost [1-9]\d* s · reconnecting$/.test(
          (await rows.standings()).alpha ?? '',
        ),
      { describe: async () => `a lost tunnel, found ${(await rows.standings()).alpha}` },
    );
    await workbench.screenshot('hosts-tunnel-lost-dark');
    expect((await rows.standings()).beta).toBe('1 worker · through this window');
    await alpha.restart();
    await rows.until({ alpha: '1 worker · through this window' });
  });
});

describe('a changed setting of workers', () => {
  it('reaches those on hosts while they run, and touches nothing else there', async () => {
    const before = await holders();
    const settings = join(workbench.userData, 'Machine', 'settings.json');
    const given = JSON.parse(await readFile(settings, 'utf8'));
    const conf = JSON.parse(readFileSync(settingsOf(alpha), 'utf8'));
    const set = (more: object) => writeFile(settings, JSON.stringify({ ...given, ...more }));
    await set({ 'distcomp.workers.prefetch': 0, 'distcomp.workers.maxAttempts': 3 });
    const told = async (name: string) =>
      JSON.parse((await redis.hget(queue.keys.workers, name)) ?? '{}');
    const prefetch = async (name: string) => (await told(name)).switches?.prefetch;
    for (const name of ['alpha~1', 'beta~1']) {
      await until(async () => (await prefetch(name)) === 0, {
        describe: async () =>
          `prefetch 0 of ${name}, which tells ${JSON.stringify(await told(name))}`,
      });
    }
    expect(await holders()).toEqual(before);
    expect(JSON.parse(readFileSync(settingsOf(alpha), 'utf8'))).toEqual({
      ...conf,
      prefetch: 0,
      max_retry_per_task: 3,
    });
    // What its line says of it counts over that.
    const beta = { home: join(network.folder, 'beta', 'home'), name: 'beta' };
    expect(JSON.parse(readFileSync(settingsOf(beta), 'utf8'))).toMatchObject({
      prefetch: 0,
      max_retry_per_task: 7,
    });
    await rows.until({ alpha: '1 worker ·', beta: '1 worker ·' });
  });
});

describe('a task that ran on a host', () => {
  it('has its output files fetched from its menu', async () => {
    const [mine, other] = ['seq 100', 'echo another'].map(command => `shell:1:0:0:${command}`);
    await submit(queue, [mine ?? '', other ?? '']);
    await until(async () => (await redis.hlen('finished_tasks')) === 2);
    const queues = workbench.tree('Queues');
    // What is under a group goes when its number changes, and with it what its menu is about.
    await until(async () => {
      const { 'In progress': running, Finished: finished } = Object.fromEntries(
        (await queues.rows()).map(({ label, description }) => [label, description]),
      );
      return running === '0' && finished === '2';
    });
    await queues.expand('Finished');
    await queues.contextMenu(['seq 100'], 'Fetch Output of Task…');
    await workbench.nameFile('Where to?', `${workspace}/`);
    await workbench.notice('2 files fetched to');
    const folder = join(workspace, 'distcomp-output');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name =>
      /\.(out|err)$/.test(name),
    );
    expect(files).toHaveLength(2);
    expect(files.every(name => name.includes(taskId(mine ?? '')))).toBe(true);
    // Until its row is drawn again, the host that was asked for files has no such item in its menu.
    await rows.until({ alpha: '1 worker ·', beta: '1 worker ·' });
    await rows.stop(['alpha', 'beta']);
  });
});
