import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedRedis, findEmbeddedRedis } from '../../src/cluster/embedded';
import { parseAttempts } from '../../src/queue/attempt';
import { connect } from '../../src/queue/connection';
import { until } from '../setup/until';
import { whenRestored } from '../vscode/runner/browser.mjs';
import { Keyboard } from './keyboard';
import { startWorkbench, type Workbench } from './workbench';

const FAILS = 'shell:1:0:0:echo broken pipe dream >&2; exit 3';
const PATIENT = { timeoutMs: 120_000 };

let workspace: string;
let workbench: Workbench;
let keyboard: Keyboard;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-keyboard-'));
  await writeFile(join(workspace, 'two.tasks'), `shell:1:0:0:echo fine\n${FAILS}\n`);
  // From the start: what is written later the window may hear of when tasks have run.
  workbench = await startWorkbench({
    workspace,
    machineSettings: { 'distcomp.workers.maxAttempts': 1 },
  });
  keyboard = await Keyboard.at(workbench.page);
  await workbench.page.reload();
  await whenRestored(workbench.page);
});
afterAll(async () => {
  await (await localRedis())?.stop();
  await workbench?.close();
  await rm(workspace, { recursive: true, force: true });
});

describe('a person without a mouse', () => {
  it('opens the view and starts a local cluster', async () => {
    await keyboard.command('View: Show DistComp');
    await until(async () => (await workbench.tree('Queues').welcome()).includes('Start Local'));
    await keyboard.command('DistComp: Start Local Cluster');
    await until(async () => (await read('distcomp:registry')).length === 2, PATIENT);
  });

  it('opens a task file and submits it', async () => {
    await keyboard.file('two.tasks');
    await keyboard.command('DistComp: Submit Tasks');
    await until(async () => (await read('finished_tasks')).length === 1, PATIENT);
    // One attempt, as the setting says.
    await until(async () => (await attempts()) === 1, PATIENT);
    expect((await read('failed_tasks')).map(([line]) => line)).toEqual([FAILS]);
  });

  it('walks the tree to the failed task and reads its output', async () => {
    await keyboard.command('DistComp: Focus on Queues View');
    await keyboard.walkTo('Failed');
    await workbench.page.keyboard.press('ArrowRight');
    await keyboard.walkTo('echo broken');
    await workbench.screenshot('keyboard-dark');
    await workbench.page.keyboard.press('Enter');
    await until(async () => (await workbench.editorText()).includes('broken pipe dream\n'));
    expect(await workbench.editorText()).toContain('exit 3');
  });

  it('has the selected task retried, which runs once more', async () => {
    await keyboard.command('DistComp: Focus on Queues View');
    await keyboard.walkTo('echo broken');
    await workbench.page.keyboard.press('Enter');
    await keyboard.command('DistComp: Retry');
    // What is selected in the tree is ticked in the list that asks.
    await workbench.page.locator('.quick-input-count', { hasText: '1 Selected' }).waitFor();
    await workbench.page.keyboard.press('Enter');
    await until(async () => (await attempts()) === 2, PATIENT);
  });

  it('has pressed no pointer', async () => {
    expect(keyboard.pointerPresses).toBe(0);
    // And a press would have been seen.
    await workbench.page.mouse.click(5, 5);
    await until(() => keyboard.pointerPresses === 1);
  });
});

async function attempts(): Promise<number> {
  const records = new Map(await read('distcomp:attempts'));
  return parseAttempts(records.get(FAILS) ?? '').length;
}

/** The fields of a hash of the local cluster. */
async function read(key: string): Promise<[string, string][]> {
  const local = await localRedis();
  if (!local) throw new Error('no local Redis runs');
  const redis = await connect(local.address, 'test');
  try {
    return Object.entries(await redis.hgetall(key));
  } finally {
    redis.disconnect();
  }
}

async function localRedis(): Promise<EmbeddedRedis | undefined> {
  const storage = join(workbench.userData, 'User', 'globalStorage', 'distcomp.distcomp', 'local');
  const [folder] = await readdir(storage).catch(() => []);
  return folder === undefined ? undefined : findEmbeddedRedis(join(storage, folder));
}
