/** What the views say where there is no tree, or where something is the matter, and what a person does about it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, open } from '../../src/queue/close';
import { pause, resume } from '../../src/queue/pause';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { startRedis, type TestRedis } from '../setup/redis';
import { until } from '../setup/until';
import { startWorkbench, type Workbench } from './workbench';

const PATIENT = { timeoutMs: 120_000 };
const PASSWORD = 'the right one';

let workspace: string;
let server: TestRedis;
let redis: Redis;
let queue: Queue;
let workbench: Workbench;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-states-'));
  server = await startRedis({ appendonly: true });
  redis = server.client();
  queue = new Queue(redis, 'default');
  // Its port stays its own.
  await server.kill();
  workbench = await startWorkbench({
    workspace,
    settings: { 'distcomp.redis.url': server.url },
    // More memory than there is anywhere: workers end at once, and say why.
    machineSettings: { 'distcomp.workers.minFreeMemory': 900_000, 'distcomp.local.workers': 1 },
  });
  await workbench.showContainer('DistComp');
});
afterAll(async () => {
  await workbench?.close();
  await server?.stop();
  await rm(workspace, { recursive: true, force: true });
});

const queues = () => workbench.tree('Queues');
const workers = () => workbench.tree('Workers');
const address = () => `127.0.0.1:${server.port}`;

describe('a Redis that cannot be reached', () => {
  it('is said with the reason, and with what can be done', async () => {
    await says(`Cannot reach Redis at ${address()}: connection refused.`);
    // The row of the connection that was tried is there a moment longer than the reason.
    await until(async () => {
      expect(await labels()).toEqual(['Connect to Redis…', 'Start Local Cluster', 'Show Log']);
      return true;
    });
    await until(async () => (await workers().welcome()).includes('once it is connected'));
    await workbench.screenshotInThemes('welcome-unreachable');
  });

  it('is shown by itself once it is there', async () => {
    await server.restart();
    await submit(queue, ['shell:1:0:0:true']);
    await until(async () => (await labels()).includes('To do'), PATIENT);
    expect(await labels()).toContain(address());
    expect(await message()).not.toContain('Cannot reach');
  });
});

describe('a Redis that is there', () => {
  it('but whose workers are not says so, and how to start some', async () => {
    await says('No worker is running: these tasks wait until one is started.');
    await until(async () => (await workers().welcome()).includes('No worker is running'));
    await offers('Workers', [
      'Launch Workers over SSH…',
      'Start Worker on This Machine',
      'Start Local Cluster',
    ]);
  });

  it('says that its queue is paused, until it is resumed', async () => {
    await pause(queue);
    // And not that no worker is running: one that is started would wait too.
    await says(
      /^The queue is paused: what runs goes on, nothing new starts until it is resumed\.$/,
    );
    await workbench.screenshotInThemes('paused');
    await resume(queue);
    await until(async () => !(await described('default'))?.includes('paused'), PATIENT);
  });

  it('says that its queue is closed, until it is opened', async () => {
    await close(queue);
    await says('The queue is closed: workers end what they have and take nothing new.');
    await workbench.screenshotInThemes('closed');
    await open(queue);
    await until(async () => !(await message()).includes('closed'), PATIENT);
  });

  it('says since when it is stale while it is away, and is back by itself', async () => {
    await server.kill();
    await says(/^stale \d+ s · reconnecting$/);
    await workbench.screenshotInThemes('stale');
    await server.restart();
    await until(async () => !(await message()).includes('stale'), PATIENT);
    expect(await labels()).toContain('To do');
  });

  it('says what to do in an empty queue', async () => {
    await redis.flushall();
    await until(async () => (await queues().welcome()).includes('The queue is empty.'), PATIENT);
    await offers('Queues', ['Submit Tasks']);
    await workbench.screenshotInThemes('welcome-empty');
  });
});

describe('a Redis that refuses the password', () => {
  it('is said, and the right password is asked for', async () => {
    await submit(queue, ['shell:1:0:0:true']);
    await redis.config('SET', 'requirepass', PASSWORD);
    await redis.auth(PASSWORD);
    // As after a restart: whoever comes back is asked.
    await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await says(`Redis at ${address()} refused the password.`);
    await until(async () => (await labels()).includes('Enter Password…'));
    expect(await labels()).toEqual(['Enter Password…', 'Connect to Redis…', 'Show Log']);
    await workbench.screenshotInThemes('welcome-password');
    await queues().click('Enter Password…');
    await workbench.type('refused the password', 'a wrong one');
    await workbench.type('refused the password', PASSWORD);
    await until(async () => (await labels()).includes('To do'), PATIENT);
    expect(await message()).not.toContain('refused');
  });
});

describe('the Hosts view', () => {
  it('says how hosts come to stand there', async () => {
    await workbench.tree('Hosts').unfold();
    await until(async () => (await workbench.tree('Hosts').welcome()).includes('over SSH'));
    await offers('Hosts', ['Launch Workers over SSH…', 'Open Setting']);
    await workbench.screenshotInThemes('welcome-hosts');
    await workbench.tree('Hosts').fold();
  });
});

describe('a window without a queue', () => {
  it('is offered a local cluster and a connection', async () => {
    await workbench.runCommand('DistComp: Disconnect');
    await until(async () => (await queues().welcome()).includes('DistComp runs the commands'));
    await offers('Queues', ['Start Local Cluster', 'Connect to Redis…']);
    await workbench.screenshotInThemes('welcome-unconfigured');
  });

  it('is told of a local cluster whose workers do not run, and why', async () => {
    await queues().clickWelcome('Start Local Cluster');
    expect(await workbench.notice('Local worker')).toMatch(
      /^Local worker \d+ ended: .*less than the [\d.]+ GB that this host has, found 900000/s,
    );
    await until(
      async () => (await workers().welcome()).includes('No worker of the local cluster is running'),
      PATIENT,
    );
    await offers('Workers', ['Start Local Cluster']);
    await workbench.screenshotInThemes('welcome-no-local-workers');
    await workbench.runCommand('DistComp: Stop Local Cluster');
    await until(async () => (await labels()).includes(address()), PATIENT);
  });
});

const labels = async () => (await queues().rows()).map(({ label }) => label);
const described = async (label: string) =>
  (await queues().rows()).find(row => row.label === label)?.description;

/** What stands above the tree. */
async function message(): Promise<string> {
  const shown = workbench.page.locator('.tree-explorer-viewlet-tree-view .message');
  return (await shown.first().textContent()) ?? '';
}

const says = (text: string | RegExp) =>
  until(
    async () => {
      const said = await message();
      return typeof text === 'string' ? said.includes(text) : text.test(said);
    },
    { ...PATIENT, describe: async () => `the view to say ${text}, it says ${await message()}` },
  );

/** The buttons and links of an empty view, and no others. */
async function offers(view: string, titles: string[]): Promise<void> {
  let found: string[] = [];
  await until(
    async () => {
      found = await workbench.tree(view).welcomeActions();
      return JSON.stringify(found) === JSON.stringify(titles);
    },
    { describe: () => `${titles} to be offered, there are ${found}` },
  );
}
