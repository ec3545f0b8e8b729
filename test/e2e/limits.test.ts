/** What is set for a queue as a whole, its limits and that it is closed, and what the view says of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { Actor } from '../setup/actor';
import { startRedis, type TestRedis } from '../setup/redis';
import { until } from '../setup/until';
import { startWorkbench, type Workbench } from './workbench';

const CLOSE = 'WORKER_COMMAND_CLOSE';

let workspace: string;
let server: TestRedis;
let redis: Redis;
let queue: Queue;
let worker: Actor;
let workbench: Workbench;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-limits-'));
  server = await startRedis();
  redis = server.client();
  queue = new Queue(redis, 'default');
  await submit(
    queue,
    Array.from({ length: 20 }, (_, n) => `shell:1:0:0:./train --seed ${n}`),
  );
  worker = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
  workbench = await startWorkbench({
    workspace,
    settings: { 'distcomp.redis.url': server.url },
  });
});
afterAll(async () => {
  await workbench?.close();
  await server?.stop();
  await rm(workspace, { recursive: true, force: true });
});

const limits = () => redis.hgetall(queue.keys.limits);
const message = () =>
  workbench.page.locator('.tree-explorer-viewlet-tree-view .message').first().textContent();

async function descriptionOf(row: string): Promise<string> {
  const rows = await workbench.tree('Queues').rows();
  return rows.find(({ label }) => label === row)?.description ?? '';
}

describe('the limits of a queue', () => {
  it('are set from the palette, one at a time, and only to what is a limit', async () => {
    await workbench.showContainer('DistComp');
    await until(async () => (await descriptionOf('default')) !== '');
    await workbench.runCommand('DistComp: Set Queue Limits…');
    await workbench.screenshot('limits-pick-dark');
    await workbench.pick('Tasks in Progress');
    const input = workbench.page.locator('.quick-input-widget input[type=text]');
    await input.fill('4x');
    const refusal = workbench.page.locator('.quick-input-message', {
      hasText: 'Write a whole number from 1 to 1,000,000, or none',
    });
    await refusal.waitFor();
    await workbench.screenshot('limits-refused-dark');
    expect(await limits()).toEqual({});
    await input.fill('3');
    await workbench.type('Most tasks in progress', '3');
    await until(async () => (await limits()).max_running === '3');
    await workbench.runCommand('DistComp: Set Queue Limits…');
    await workbench.pick('Failures');
    await workbench.type('Failed tasks after which', '2');
    await until(async () => (await limits()).stop_after_failures === '2');
    expect(await limits()).toEqual({ max_running: '3', stop_after_failures: '2' });
  });

  it('stand beside what is in progress once there is as much as may be', async () => {
    expect(await worker.claim(8)).toHaveLength(3);
    await until(async () => (await descriptionOf('In progress')) === '3  (at most 3)');
    await workbench.screenshot('limits-reached-dark');
  });

  it('pause the queue, which says why, and are taken away from its menu', async () => {
    for (const line of worker.lines.slice(0, 2)) worker.fail(line);
    await worker.cycle();
    const words = 'paused since 2 tasks failed, the limit of this queue';
    await until(async () => (await descriptionOf('default')).startsWith(words));
    await until(async () => (await message())?.includes(`The queue is ${words}`));
    await workbench.screenshot('limits-paused-dark');
    await workbench.tree('Queues').contextMenu(['default'], 'Set Queue Limits…');
    await workbench.pick('Failures');
    await workbench.type('Failed tasks after which', 'none');
    await until(async () => (await limits()).stop_after_failures === undefined);
    expect(await limits()).toEqual({ max_running: '3' });
    expect(await redis.exists(queue.keys.paused)).toBe(1);
  });
});

describe('a queue that is closed', () => {
  const tree = () => workbench.tree('Queues');
  const todo = async () => (await redis.hkeys(queue.keys.todo)).sort();
  const askToClose = async () => {
    await tree().contextMenu(['default'], 'Close Queue');
    await workbench.page.locator('.monaco-dialog-box').waitFor();
  };
  let waiting: string[];

  it('says beforehand that workers end, and is as before when that is refused', async () => {
    waiting = await todo();
    expect(waiting).toHaveLength(17);
    await askToClose();
    await workbench.screenshot('close-dark');
    expect(await workbench.answerDialog('Cancel')).toContain(
      'Close queue "default"? All workers (1 of DistComp) finish what they run and end, those of the original too. Until it is opened again, so do those that start.',
    );
    expect(await todo()).toEqual(waiting);
  });

  it('has the field by which workers of both kinds end, and says so above its tasks', async () => {
    await askToClose();
    await workbench.answerDialog('Close Queue');
    expect(await workbench.notice('is closed')).toBe(
      'Queue "default" is closed: workers finish what they run and end, and 17 tasks wait.',
    );
    expect(await todo()).toEqual([CLOSE, ...waiting]);
    await until(async () => (await message())?.startsWith('The queue is closed: workers end'));
    await until(async () => (await descriptionOf('To do')) === '17  (closed, paused)');
    await workbench.screenshot('closed-dark');
    expect(await worker.renew()).toMatchObject({ closed: true });
  });

  it('is opened from its menu, which offers to close it only while it is open', async () => {
    const offered = await tree().contextMenuItems(['default']);
    expect(offered).toContain('Open Queue');
    expect(offered).not.toContain('Close Queue');
    await tree().contextMenu(['default'], 'Open Queue');
    expect(await workbench.notice('is open')).toBe(
      'Queue "default" is open. Workers that ended do not come back by themselves.',
    );
    expect(await todo()).toEqual(waiting);
    await until(async () => (await descriptionOf('To do')) === '17  (paused)');
    expect(await message()).not.toContain('closed');
    expect(await tree().contextMenuItems(['default'])).toContain('Close Queue');
  });
});
