import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { CHANGING } from '../setup/commandKinds';
import { snapshot } from '../setup/invariants';
import { startRedis, type TestRedis } from '../setup/redis';
import { until } from '../setup/until';
import { startWorkbench, type Workbench } from './workbench';

const FAILED = 'shell:1:0:0:false';
/** An item of the tree, as a menu gives it. */
const NODE = { kind: 'task', queue: 'default', state: 'failed', row: { line: FAILED } };

/** In no menu of an untrusted window; a key binding calls them all the same, with nothing or an item. */
const CALLS = CHANGING.flatMap(command => [{ command }, { command, args: NODE }]);
const KEYS = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** Does something that is seen, however often it is pressed. */
const SEEN = { command: 'workbench.view.explorer', key: 'F9' };

/** A key of its own for each. */
function keyOf(call: { command: string }): string {
  const index = CALLS.indexOf(call);
  const modifiers = index < KEYS.length ? 'Control+Alt' : 'Control+Alt+Shift';
  return `${modifiers}+${KEYS[index % KEYS.length]}`;
}

let workspace: string;
let server: TestRedis;
let elsewhere: TestRedis;
let redis: Redis;
let workbench: Workbench;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-trust-'));
  server = await startRedis();
  elsewhere = await startRedis();
  redis = server.client();
  await redis.hset('failed_tasks', FAILED, 'node1~1,');
  await submit(new Queue(redis, 'default'), ['shell:1:0:0:true']);
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
    JSON.stringify([
      ...CALLS.map(call => ({
        ...call,
        key: keyOf(call).replace('Control', 'ctrl').toLowerCase(),
      })),
      { ...SEEN, key: SEEN.key.toLowerCase() },
    ]),
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

  describe('changes nothing in Redis, and is told so', () => {
    let before: Record<string, unknown>;

    beforeAll(async () => {
      // VS Code reads the keys some time after they were written; each call is made by one press.
      await until(
        async () => {
          await workbench.page.keyboard.press(SEEN.key);
          return workbench.page.locator('.explorer-folders-view').isVisible();
        },
        { describe: 'the keys to be read' },
      );
      await workbench.openFile(join(workspace, 'sweep.tasks'));
      before = await snapshot(redis);
    });

    it.each(CALLS)('when $command is called with $args', async call => {
      expect(Object.keys(before)).toEqual(expect.arrayContaining(['failed_tasks', 'todo_tasks']));
      // One that is still shown is not shown again.
      await workbench.clearNotices();
      await press(call);
      await workbench.notice('not trusted');
      expect(await snapshot(redis)).toEqual(before);
    });

    it('and starts nothing', () => {
      const storage = join(workbench.userData, 'User', 'globalStorage', 'distcomp.distcomp');
      expect(existsSync(join(storage, 'local'))).toBe(false);
    });
  });
});

const press = (call: { command: string }) => workbench.page.keyboard.press(keyOf(call));
