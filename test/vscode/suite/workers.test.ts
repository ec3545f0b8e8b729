import * as assert from 'node:assert/strict';
import type { Redis } from 'ioredis';
import * as vscode from 'vscode';
import { DEFAULT_QUEUE } from '../../../src/queue/keys';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { roster } from '../../../src/queue/workers';
import { Actor, OriginalActor } from '../../setup/actor';
import { startRedis, type TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';
import { closeQuestions } from './closeQuestions';
import { connectWindow, disconnectWindow } from './connectWindow';

const lines = [1, 2, 3].map(seed => `shell:1:0:0:./train --seed ${seed}`);

describe('workers in the editor', () => {
  let server: TestRedis;
  let redis: Redis;
  let queue: Queue;

  before(async () => {
    server = await startRedis();
    redis = server.client();
    queue = new Queue(redis, DEFAULT_QUEUE);
    await connectWindow(server);
  });
  beforeEach(() => redis.flushall());
  after(async () => {
    await disconnectWindow(server);
  });

  it('do not drain when they are originals', async () => {
    await redis.hset('worker_status', 'cloud3', '1700000000:1.00:8:3.25:64');
    const nodes = await workerNodes(['cloud3']);
    await vscode.commands.executeCommand('distcomp.drainWorkers', nodes[0], nodes);
    await vscode.commands.executeCommand('distcomp.copyWorkerName', nodes[0], nodes);
    assert.equal(await vscode.env.clipboard.readText(), 'cloud3');
    assert.equal(await redis.exists(queue.keys.draining), 0);
  });

  it('give their names to the clipboard, one a line', async () => {
    for (const name of ['a~1', 'b~1']) await Actor.start(queue, name);
    const nodes = await workerNodes(['a~1', 'b~1']);
    await vscode.commands.executeCommand('distcomp.copyWorkerName', nodes[0], nodes);
    assert.equal(await vscode.env.clipboard.readText(), 'a~1\nb~1');
  });

  it('lose what they held when they do not answer, if somebody asks', async () => {
    await submit(queue, lines);
    const lives = await Actor.start(queue, 'lives~1');
    const gone = await Actor.start(queue, 'gone~1');
    await lives.claim(1);
    await gone.claim(2);
    await lookedAtFourTimes('gone~1');
    const nodes = await workerNodes(['gone~1']);
    const [ended = ''] = lives.lines;
    await vscode.commands.executeCommand('distcomp.recoverLostWorkers', nodes[0], nodes);
    assert.deepEqual(await redis.hkeys('in_progress_tasks'), [ended]);
    assert.equal(await redis.hlen('todo_tasks'), 2);
    assert.deepEqual(await redis.hkeys(queue.keys.registry), ['lives~1']);
  });

  it('of the original that are dead lose what stands under their names', async () => {
    await submit(queue, lines);
    await new OriginalActor(redis, 'cloud3').claim(lines[0] ?? '');
    await redis.hset('worker_status', 'cloud3', '1700000000:1.00:8:3.25:64');
    await lookedAtFourTimes('cloud3');
    const nodes = await workerNodes(['cloud3']);
    await vscode.commands.executeCommand('distcomp.recoverLostWorkers', nodes[0], nodes);
    assert.equal(await redis.hlen('in_progress_tasks'), 0);
    assert.equal(await redis.hlen('todo_tasks'), 3);
    assert.equal(await redis.exists('worker_status'), 0);
  });

  it('are asked for where nothing is selected, and nothing happens without an answer', async () => {
    await Actor.start(queue, 'a~1');
    const asking = vscode.commands.executeCommand('distcomp.drainWorkers');
    await closeQuestions(asking);
    assert.equal(await redis.exists(queue.keys.draining), 0);
  });

  it('are what Why Is It Waiting? asks about, which changes nothing', async () => {
    await submit(queue, lines);
    await Actor.start(queue, 'a~1');
    const before = await redis.hgetall('todo_tasks');
    const node = { kind: 'task', queue: 'default', state: 'todo', row: { line: lines[0] } };
    await redis.config('RESETSTAT');
    const asking = vscode.commands.executeCommand('distcomp.whyWaiting', node, [node]);
    // It looks for the place of the task in its bucket.
    await until(async () => (await redis.info('commandstats')).includes('cmdstat_lpos'));
    await closeQuestions(asking);
    assert.deepEqual(await redis.hgetall('todo_tasks'), before);
  });

  /** What a click in the view hands over. */
  async function workerNodes(names: string[]): Promise<object[]> {
    const { workers } = await roster(queue);
    return names.map(name => ({
      kind: 'worker',
      worker: workers.find(worker => worker.name === name),
      running: undefined,
    }));
  }

  /** The next look finds it lost: the others took their time. */
  async function lookedAtFourTimes(worker: string): Promise<void> {
    const beat = await redis.hget('worker_status', worker);
    await redis.hset(queue.keys.seen, worker, `4:1700000000000:${beat}`);
  }
});
