import * as assert from 'node:assert/strict';
import type { Redis } from 'ioredis';
import * as vscode from 'vscode';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { Actor } from '../../setup/actor';
import { startRedis, type TestRedis } from '../../setup/redis';
import { connectWindow, disconnectWindow } from './connectWindow';

describe('the limits of a queue in the editor', () => {
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

  const setLimits = (limits: object) =>
    vscode.commands.executeCommand('distcomp.setLimits', limits);

  it('are set and taken away, and workers obey them', async () => {
    await setLimits({ maxRunning: 2, stopAfterFailures: 1 });
    assert.deepEqual(await redis.hgetall('distcomp:limits'), {
      max_running: '2',
      stop_after_failures: '1',
    });
    const queue = new Queue(redis, 'default');
    await submit(
      queue,
      [1, 2, 3, 4].map(n => `shell:1:0:0:echo ${n}`),
    );
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    assert.equal((await w.claim(4)).length, 2);
    await setLimits({ maxRunning: null });
    assert.equal((await w.claim(1)).length, 1);
    w.fail(w.lines[0] ?? '');
    assert.equal((await w.claim(1)).length, 0);
    assert.match((await redis.get('distcomp:paused')) ?? '', /^\d+ failures 1$/);
    assert.deepEqual(await redis.hgetall('distcomp:limits'), {
      stop_after_failures: '1',
      failures: '1',
    });
  });

  it('are not set to what is no limit', async () => {
    // The command shows the error, whose notice nobody answers here.
    await setLimits({ maxRunning: 0 });
    await setLimits({ stopAfterFailures: 2.5 });
    assert.equal(await redis.exists('distcomp:limits'), 0);
  });
});
