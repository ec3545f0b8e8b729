/** Two who write the settings of workers on one host at the same time. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { configureWorkers } from '../../../../src/cluster/ssh/configure';
import { type LaunchOptions, launch } from '../../../../src/cluster/ssh/launch';
import { queueFolder } from '../../../../src/cluster/ssh/queueFolder';
import type { HostResult } from '../../../../src/cluster/ssh/results';
import { DEFAULT_QUEUE } from '../../../../src/queue/keys';
import { programs } from '../../../setup/bundle';
import { signalAll } from '../../../setup/processes';
import {
  endWorkers,
  folderOn,
  sessionsOf,
  type TestHost,
  type TestNetwork,
  testNetwork,
} from '../../../setup/sshHosts';
import { until } from '../../../setup/until';
import { useQueue } from '../../queue/harness';

const test = useQueue();
afterEach(async () => endWorkers(await test.redis.hvals(test.queue.keys.registry)));

const hosts = [{ name: 'alpha', address: 'alpha' }];
const ofQueue = () => queueFolder({ url: test.server.url }, DEFAULT_QUEUE);

async function launchWith(
  { configFile }: TestNetwork,
  max_task_per_worker: number,
  more: Partial<LaunchOptions> = {},
): Promise<HostResult | undefined> {
  const [result] = await launch({
    hosts,
    workerBundle: programs().worker,
    queueFolder: ofQueue(),
    config: {
      redis_url: test.server.url,
      min_dram_gb_accept_new_task: 0,
      min_dram_gb_trigger_return: 0,
      max_task_per_worker,
    },
    workersPerHost: 1,
    ssh: { configFile },
    ...more,
  });
  return result;
}

/** A Node that says when it is to check settings, and waits until its gate is there. */
async function heldNode(
  folder: string,
): Promise<{ node: string; called: string; open(): Promise<void> }> {
  const [node = '', called = '', gate = ''] = ['node', 'called', 'gate'].map(name =>
    join(folder, name),
  );
  const program = [
    '#!/bin/sh',
    `case " $* " in *' --check '*) : >${called}; until [ -e ${gate} ]; do sleep 0.05; done ;; esac`,
    `exec '${process.execPath}' "$@"`,
  ];
  await writeFile(node, program.join('\n'));
  await chmod(node, 0o755);
  return { node, called, open: () => writeFile(gate, '') };
}

const own = (alpha: TestHost) => folderOn(alpha, ofQueue());
const settingsOn = (alpha: TestHost) =>
  JSON.parse(readFileSync(join(own(alpha), 'conf.json'), 'utf8'));
/** Files that were to be renamed. */
const asideOn = (alpha: TestHost) => readdirSync(own(alpha)).filter(name => /\.new\b/.test(name));

describe('while a launch checks its settings', () => {
  it.each([
    ['another launch', (network: TestNetwork) => launchWith(network, 5)],
    [
      'a change of settings',
      ({ configFile }: TestNetwork) =>
        configureWorkers({
          hosts,
          queueFolder: ofQueue(),
          changes: { max_task_per_worker: 5 },
          ssh: { configFile },
        }),
    ],
  ])('%s writes its own, and neither takes what the other has', async (_, write) => {
    const network = await testNetwork();
    const alpha = await network.start('alpha');
    expect((await launchWith(network, 1))?.failure).toBeUndefined();
    expect(asideOn(alpha)).toEqual([]);
    const held = await heldNode(network.folder);
    const first = launchWith(network, 3, { node: held.node });
    await until(() => existsSync(held.called), { describe: 'the launch to check its settings' });
    await write(network);
    expect(settingsOn(alpha)).toMatchObject({ max_task_per_worker: 5 });
    await held.open();
    expect((await first)?.failure).toBeUndefined();
    expect(settingsOn(alpha)).toMatchObject({ max_task_per_worker: 3 });
    expect(asideOn(alpha)).toEqual([]);
  });

  it('its end leaves the settings as they were, and nothing beside them', async () => {
    const network = await testNetwork();
    const alpha = await network.start('alpha');
    await launchWith(network, 1);
    const held = await heldNode(network.folder);
    const first = launchWith(network, 3, { node: held.node });
    await until(() => existsSync(held.called), { describe: 'the launch to check its settings' });
    expect(asideOn(alpha)).toHaveLength(1);
    signalAll(sessionsOf(alpha.pid).flatMap(sessionsOf), 'SIGTERM');
    await held.open();
    await first;
    await until(() => asideOn(alpha).length === 0, { describe: 'no file beside the settings' });
    expect(settingsOn(alpha)).toMatchObject({ max_task_per_worker: 1 });
  });
});
