import * as assert from 'node:assert/strict';
import type { Redis } from 'ioredis';
import * as vscode from 'vscode';
import { startRedis, type TestRedis } from '../../setup/redis';
import { connectWindow, disconnectWindow } from './connectWindow';

const task = (seed: number) => `shell:1:0:0:./train --seed ${seed}`;

describe('commands that change a queue', () => {
  let server: TestRedis;
  let redis: Redis;

  before(async () => {
    server = await startRedis();
    redis = server.client();
    await connectWindow(server);
  });
  beforeEach(() => redis.flushall());
  after(async () => {
    await disconnectWindow(server);
  });

  const fail = async (line: string, signature: string) => {
    await redis.hset('failed_tasks', line, 'w~1,');
    await redis.hset('distcomp:signatures', line, signature);
    await redis.hincrby('distcomp:failures', signature, 1);
    await redis.lpush(`distcomp:failures:${signature}`, line);
  };

  it('cancels the selected tasks, and undo takes that back', async () => {
    const lines = [1, 2, 3].map(task);
    for (const line of lines) await redis.hset('todo_tasks', line, '');
    const nodes = lines.slice(0, 2).map(line => taskNode('todo', line));
    await run('cancelTasks', nodes[0], nodes);
    assert.deepEqual(await redis.hkeys('todo_tasks'), [lines[2]]);
    assert.deepEqual((await redis.hkeys('failed_tasks')).sort(), lines.slice(0, 2));
    assert.equal(await redis.hget('task_fail_reason', lines[0] ?? ''), '"cancelled"');
    await run('undo');
    assert.deepEqual((await redis.hkeys('todo_tasks')).sort(), lines);
    assert.equal(await redis.exists('failed_tasks'), 0);
  });

  it('leaves a task that an original runs to the original', async () => {
    await redis.hset('in_progress_tasks', task(1), 'n1');
    await run('cancelTasks', taskNode('in_progress', task(1)), undefined);
    assert.deepEqual(await redis.hgetall('in_progress_tasks'), { [task(1)]: 'n1' });
    assert.equal(await redis.exists('failed_tasks'), 0);
  });

  it('retries all that failed as the chosen task did, and no others', async () => {
    for (const seed of [1, 2, 3]) await fail(task(seed), 'exit 1  ValueError: lr <n>');
    await fail(task(4), 'exit 2');
    await run('retrySameSignature', taskNode('failed', task(2)), undefined);
    assert.deepEqual((await redis.hkeys('todo_tasks')).sort(), [1, 2, 3].map(task));
    assert.deepEqual(await redis.hkeys('failed_tasks'), [task(4)]);
  });

  it('retries nothing for a task of which it is not known how it failed', async () => {
    await redis.hset('failed_tasks', task(1), 'n1,', task(2), 'n1,');
    await run('retrySameSignature', taskNode('failed', task(1)), undefined);
    assert.equal(await redis.exists('todo_tasks'), 0);
    assert.equal(await redis.hlen('failed_tasks'), 2);
  });

  it('retries all of the Failed group of five thousand tasks, as one action to undo', async () => {
    const lines = Array.from({ length: 5_000 }, (_, seed) => task(seed));
    await redis.hset('failed_tasks', Object.fromEntries(lines.map(line => [line, 'w~1,'])));
    const group = { kind: 'state', queue: 'default', state: 'failed' };
    await run('retryTasks', group, [group]);
    assert.equal(await redis.hlen('todo_tasks'), 5_000);
    assert.equal(await redis.exists('failed_tasks'), 0);
    assert.equal(await redis.zcard('distcomp:undo'), 1);
    await run('undo');
    assert.equal(await redis.exists('todo_tasks'), 0);
    assert.equal(await redis.hlen('failed_tasks'), 5_000);
  });

  it('acts on the queue of the item that it was called on', async () => {
    await redis.hset('todo_tasks', task(1), '');
    await redis.hset('{other}:todo_tasks', task(1), '');
    const node = { ...taskNode('todo', task(1)), queue: 'other' };
    await run('cancelTasks', node, [node, taskNode('todo', task(1))]);
    assert.equal(await redis.hlen('todo_tasks'), 1);
    assert.equal(await redis.exists('{other}:todo_tasks'), 0);
    const [id] = await redis.zrange('{other}:distcomp:undo', 0, '-1');
    await run('undo', { id, queue: 'other' });
    assert.equal(await redis.hlen('{other}:todo_tasks'), 1);
  });

  it('pauses and resumes', async () => {
    await run('pauseQueue');
    assert.equal(await redis.exists('distcomp:paused'), 1);
    await run('resumeQueue');
    assert.equal(await redis.exists('distcomp:paused'), 0);
  });

  it('opens a queue that was closed', async () => {
    await redis.hset('todo_tasks', 'WORKER_COMMAND_CLOSE', '');
    await run('openQueue');
    assert.equal(await redis.exists('todo_tasks'), 0);
  });

  it('undoes what the button of a notice names, and nothing when that is undone', async () => {
    for (const seed of [1, 2]) await redis.hset('todo_tasks', task(seed), '');
    await run('cancelTasks', taskNode('todo', task(1)), undefined);
    const [first] = await redis.zrange('distcomp:undo', 0, '-1');
    await run('cancelTasks', taskNode('todo', task(2)), undefined);
    await run('undo', { id: first, queue: 'default' });
    assert.deepEqual(await redis.hkeys('todo_tasks'), [task(1)]);
    await run('undo', { id: first, queue: 'default' });
    assert.deepEqual(await redis.hkeys('todo_tasks'), [task(1)]);
  });

  it('copies the lines of the selected tasks', async () => {
    const nodes = [1, 2].map(seed => taskNode('failed', task(seed)));
    await run('copyTask', nodes[0], nodes);
    assert.equal(await vscode.env.clipboard.readText(), `${task(1)}\n${task(2)}\n`);
  });
});

const run = (name: string, ...args: unknown[]) =>
  vscode.commands.executeCommand(`distcomp.${name}`, ...args);

const taskNode = (state: string, line: string) => ({
  kind: 'task',
  queue: 'default',
  state,
  row: { line },
});
