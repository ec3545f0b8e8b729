import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { startRedis, type TestRedis } from '../setup/redis';
import { until } from '../setup/until';
import { NO_ROOM_SETTINGS, startWorkbench, type Workbench } from './workbench';

const STARTED = 'A worker on this machine takes tasks of queue "default"';

let workspace: string;
let server: TestRedis;
let redis: Redis;
let queue: Queue;
let workbench: Workbench;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-here-'));
  server = await startRedis();
  redis = server.client();
  queue = new Queue(redis, 'default');
  workbench = await startWorkbench({
    workspace,
    settings: { 'distcomp.redis.url': server.url, ...NO_ROOM_SETTINGS },
  });
  await workbench.showContainer('DistComp');
});
afterAll(async () => {
  await workbench?.close();
  await server?.stop();
  await rm(workspace, { recursive: true, force: true });
});

const workers = () => redis.hkeys(queue.keys.registry);
const gated = (gate: string) => `until [ -e ${join(workspace, gate)} ]; do sleep 0.05; done`;
const command = (title: string) => workbench.runCommand(`DistComp: ${title}`);

async function running(task: string): Promise<string> {
  const line = `shell:1:0:0:${task}`;
  await submit(queue, [line]);
  await until(async () => (await redis.hexists('in_progress_tasks', line)) === 1);
  return line;
}

describe('a worker on this machine', () => {
  it('takes tasks of the queue of this window, and is one however often it is started', async () => {
    await workbench.tree('Workers').clickWelcome('Start Worker on This Machine');
    await workbench.notice(STARTED);
    await submit(queue, ['shell:1:0:0:true']);
    await until(async () => (await redis.hlen('finished_tasks')) === 1);
    const before = await redis.hgetall(queue.keys.registry);
    expect(Object.keys(before)).toHaveLength(1);
    await command('Start Worker on This Machine');
    await workbench.notice(`${STARTED} already.`);
    await workbench.screenshot('worker-here-already-dark');
    expect(await redis.hgetall(queue.keys.registry)).toEqual(before);
  });

  it('goes on when the question is refused, and ends what it runs first if it may', async () => {
    const line = await running(gated('finish'));
    await command('Stop Worker on This Machine');
    expect(await workbench.answerDialog('Cancel')).toContain('Stop the worker on this machine?');
    expect(await workers()).toHaveLength(1);
    await command('Stop Worker on This Machine');
    await workbench.answerDialog('Let Them Finish');
    const said = async () =>
      (await workbench.tree('Workers').rows()).map(({ description }) => description);
    await until(async () => (await said()).some(text => text.startsWith('draining')), {
      describe: async () => `the worker to drain, found ${await said()}`,
    });
    expect(await redis.hexists('in_progress_tasks', line)).toBe(1);
    await writeFile(join(workspace, 'finish'), '');
    await until(async () => (await workers()).length === 0);
    expect(await redis.hexists('finished_tasks', line)).toBe(1);
  });

  it('ends at once if that is chosen, and what it ran waits again', async () => {
    await command('Start Worker on This Machine');
    const line = await running(gated('never'));
    await command('Stop Worker on This Machine');
    await workbench.answerDialog('Stop Now');
    await until(async () => (await workers()).length === 0);
    expect(await redis.hkeys('todo_tasks')).toEqual([line]);
    expect(await redis.exists('in_progress_tasks')).toBe(0);
    await command('Stop Worker on This Machine');
    await workbench.notice('No worker was started on this machine for queue "default".');
  });
});
