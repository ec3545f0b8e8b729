import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cores } from '../../src/host/cores';
import { DEFAULT_QUEUE } from '../../src/queue/keys';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { startRedis, type TestRedis } from '../setup/redis';
import { endWorkers, testNetwork } from '../setup/sshHosts';
import { until } from '../setup/until';
import { NO_ROOM_SETTINGS, startWorkbench, type Workbench } from './workbench';

let workspace: string;
let server: TestRedis;
let redis: Redis;
let queue: Queue;
let workbench: Workbench | undefined;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-hosts-'));
  server = await startRedis();
  redis = server.client();
  queue = new Queue(redis, DEFAULT_QUEUE);
});
afterAll(async () => {
  endWorkers(await redis.hvals(queue.keys.registry));
  await workbench?.close();
  await server?.stop();
  await rm(workspace, { recursive: true, force: true });
});

describe('Launch Workers over SSH', () => {
  it('starts them on chosen hosts, which reach Redis through the window, and says what failed', async () => {
    const network = await testNetwork();
    await Promise.all(['alpha', 'beta'].map(name => network.start(name)));
    workbench = await startWorkbench({
      workspace,
      settings: {
        'distcomp.redis.url': server.url,
        ...NO_ROOM_SETTINGS,
      },
      machineSettings: {
        'distcomp.ssh.configFile': network.configFile,
        'distcomp.ssh.hosts': ['alpha workers=2 max_task_per_worker=1', 'gamma:99999'],
      },
    });
    await workbench.showContainer('DistComp');
    const tree = workbench.tree('Workers');
    await until(async () => (await tree.welcome()).includes('Launch Workers over SSH…'));
    await tree.clickWelcome('Launch Workers over SSH…');
    expect(await workbench.pickLabels()).toEqual(['alpha', 'beta']);
    // A line that is none does not keep the others from being launched on.
    expect(await workbench.notice('distcomp.ssh.hosts:2:1')).toContain('a port is a number');
    await workbench.screenshot('hosts-pick-dark');
    await workbench.pickSeveral(['beta']);
    const started = await workbench.notice('3 workers started');
    expect(started).toContain(
      'They reach Redis through this window: while it is closed, they wait.',
    );
    const names = ['alpha~1', 'alpha~2', 'beta~1'];
    expect((await redis.hkeys(queue.keys.registry)).sort()).toEqual(names);
    await until(async () => (await tree.rows()).length === 3);
    expect((await tree.rows()).map(({ label }) => label)).toEqual(names);
    await workbench.screenshot('hosts-launched-dark');

    // None ends before both hosts run one, and there are more than either host runs at a time.
    const here = `touch ${workspace}/$(hostname)`;
    const both = `test -e ${workspace}/alpha -a -e ${workspace}/beta`;
    const command = `${here}; until ${both}; do sleep 0.05; done; hostname`;
    const tasks = Array.from({ length: 10 + cores() }, (_, i) => `shell:1:0:0:: ${i}; ${command}`);
    await submit(queue, tasks);
    await until(async () => (await redis.hlen('finished_tasks')) === tasks.length);
    const finished = await redis.hvals('finished_tasks');
    expect(new Set(finished.map(value => value.replace(/^.*: /, '')))).toEqual(
      new Set(['"alpha"', '"beta"']),
    );

    await workbench.runCommand('DistComp: Launch Workers over SSH…');
    await workbench.page.locator('.quick-input-box input').fill('nowhere.invalid');
    await until(async () => (await workbench?.pickLabels())?.join() === 'nowhere.invalid');
    await workbench.pickSeveral(['nowhere.invalid']);
    const failed = await workbench.notice('1 host failed');
    expect(failed).toContain('0 workers started · 2 already running · 1 host failed.');
    expect(failed).toContain(
      'nowhere.invalid: There is no host of the name nowhere.invalid. Correct the name.',
    );
    await workbench.screenshot('hosts-failed-dark');
    expect((await redis.hkeys(queue.keys.registry)).sort()).toEqual(names);
  });
});
