import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../setup/redis';
import { until } from '../setup/until';
import { startWorkbench, type Workbench } from './workbench';

/** In no menu of an untrusted window; a key binding calls them all the same. */
const CHANGING = [
  ...[
    'submitTasks',
    'submitSelection',
    'retryTasks',
    'retrySameSignature',
    'retryWithMemory',
    'cancelTasks',
  ],
  ...['pauseQueue', 'resumeQueue', 'closeQueue', 'openQueue', 'removeFinished', 'clearQueue'],
  ...['undo', 'exportResults', 'setLimits', 'startLocalCluster', 'stopLocalCluster'],
];

const keyOf = (index: number) => 'abcdefghijklmnopqrstuvwxyz'[index] ?? '';

let workspace: string;
let server: TestRedis;
let elsewhere: TestRedis;
let redis: Redis;
let workbench: Workbench;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-trust-'));
  server = await startRedis({ settings: { 'enable-debug-command': 'local' } });
  elsewhere = await startRedis();
  redis = server.client();
  await redis.hset('failed_tasks', 'shell:1:0:0:false', 'node1~1,');
  await writeFile(join(workspace, 'sweep.tasks'), 'shell:1:0:0:echo from an untrusted folder\n');
  await mkdir(join(workspace, '.vscode'));
  await writeFile(
    join(workspace, '.vscode', 'settings.json'),
    JSON.stringify({ 'distcomp.redis.url': elsewhere.url }),
  );
  workbench = await startWorkbench({
    workspace,
    workspaceTrust: true,
    settings: { 'distcomp.redis.url': server.url },
  });
  await writeFile(
    join(workbench.userData, 'User', 'keybindings.json'),
    JSON.stringify(
      CHANGING.map((name, index) => ({
        key: `ctrl+alt+${keyOf(index)}`,
        command: `distcomp.${name}`,
      })),
    ),
  );
});
afterAll(async () => {
  await workbench?.close();
  await server?.stop();
  await elsewhere?.stop();
  await rm(workspace, { recursive: true, force: true });
});

describe('a folder that is not trusted', () => {
  it('is shown the queue of the user, not the one that it names itself', async () => {
    await workbench.showContainer('DistComp');
    const rows = () => workbench.tree('Queues').rows();
    await until(async () => (await rows()).some(row => row.label === 'Failed'));
    expect((await rows())[0]?.label).toBe(`127.0.0.1:${server.port}`);
    expect(String(await elsewhere.client().client('LIST'))).not.toContain('distcomp');
    await workbench.screenshot('untrusted-dark');
  });

  it('changes nothing in Redis and starts nothing, whatever is called', async () => {
    await workbench.openFile(join(workspace, 'sweep.tasks'));
    const before = await redis.call('DEBUG', 'DIGEST');
    for (const [index, name] of CHANGING.entries()) {
      const refusals = async () =>
        (await workbench.notices()).filter(text => text.includes('not trusted')).length;
      // One that is still shown is not shown again.
      await workbench.runCommand('Notifications: Clear All Notifications');
      const seen = await refusals();
      await workbench.page.keyboard.press(`Control+Alt+${keyOf(index)}`);
      await until(async () => (await refusals()) > seen, { describe: `a refusal of ${name}` });
    }
    expect(await redis.call('DEBUG', 'DIGEST')).toBe(before);
  });
});
