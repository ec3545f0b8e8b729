import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch } from '../../src/cluster/ssh/launch';
import { queueFolder } from '../../src/cluster/ssh/queueFolder';
import { DEFAULT_QUEUE } from '../../src/queue/keys';
import { Queue } from '../../src/queue/queue';
import { programs } from '../setup/bundle';
import { startRedis, type TestRedis } from '../setup/redis';
import { endWorkers, type TestNetwork, testNetwork } from '../setup/sshHosts';
import { until } from '../setup/until';
import { HostRows } from './hostRows';
import { NO_ROOM_SETTINGS, startWorkbench, type Workbench } from './workbench';

let workspace: string;
let server: TestRedis;
let network: TestNetwork;
let workbench: Workbench;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-asked-'));
  server = await startRedis();
  network = await testNetwork('told');
  await network.start('alpha', { config: [`ForceCommand ${await heldDoor(network.folder)}`] });
  await network.start('beta');
  workbench = await startWorkbench({
    workspace,
    settings: { 'distcomp.redis.url': server.url, ...NO_ROOM_SETTINGS },
    machineSettings: {
      'distcomp.ssh.configFile': network.configFile,
      'distcomp.ssh.hosts': ['alpha', 'beta'],
    },
  });
  await workbench.showContainer('DistComp');
});
afterAll(async () => {
  const { keys } = new Queue(server.client(), DEFAULT_QUEUE);
  endWorkers(await server.client().hvals(keys.registry));
  await workbench?.close();
  await network?.stop();
  await server?.stop();
  await rm(workspace, { recursive: true, force: true });
});

const at = (name: string) => join(network.folder, name);

/** What comes in through it is answered; once there is `hold`, the next one hears of it when there is `gate`. */
async function heldDoor(folder: string): Promise<string> {
  const program = [
    '#!/bin/sh',
    `cd ${folder}`,
    'if ! mv hold held 2>/dev/null; then cd; eval "$SSH_ORIGINAL_COMMAND"; exit; fi',
    'answer=$(eval "$SSH_ORIGINAL_COMMAND")',
    ': >answered',
    'until [ -e gate ]; do sleep 0.05; done',
    'printf "%s\\n" "$answer"',
  ];
  const door = join(folder, 'door');
  await writeFile(door, program.join('\n'));
  await chmod(door, 0o755);
  return door;
}

it('a host is asked once more after the look during which a Refresh came', async () => {
  const rows = new HostRows(workbench);
  await rows.tree.unfold();
  await rows.until({ alpha: 'no worker', beta: 'no worker' });
  await writeFile(at('hold'), '');
  await workbench.runCommand('DistComp: Refresh');
  await until(() => existsSync(at('answered')), { describe: 'alpha to say what runs there' });
  await rows.until({ alpha: 'asking…' });
  await rows.until({ beta: 'no worker' });

  const results = await launch({
    hosts: ['alpha', 'beta'].map(name => ({ name, address: name })),
    workerBundle: programs().worker,
    queueFolder: queueFolder({ url: server.url }, DEFAULT_QUEUE),
    config: { redis_url: server.url },
    workersPerHost: 1,
    ssh: { configFile: network.configFile },
  });
  expect(results.map(({ workers }) => workers.length)).toEqual([1, 1]);
  await workbench.runCommand('DistComp: Refresh');
  // Both are asked for at once, and beta is idle.
  await rows.until({ alpha: 'asking…', beta: '1 worker' });
  await writeFile(at('gate'), '');
  await rows.until({ alpha: '1 worker' });
});
