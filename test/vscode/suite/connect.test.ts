import * as assert from 'node:assert/strict';
import type { Redis } from 'ioredis';
import * as vscode from 'vscode';
import { startRedis, type TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';
import { closeQuestions } from './closeQuestions';
import { settings } from './connectWindow';

describe('connecting to a Redis', () => {
  let server: TestRedis;
  let redis: Redis;

  before(async () => {
    server = await startRedis({ password: 'right' });
    redis = server.client();
  });
  after(async () => {
    await vscode.commands.executeCommand('distcomp.disconnect');
    await settings().update('redis.url', undefined, vscode.ConfigurationTarget.Global);
    await server.stop();
  });

  it('keeps nothing of an address whose password is refused', async () => {
    await closeQuestions(connectWith('wrong'));
    assert.match(JSON.stringify(await redis.call('ACL', 'LOG')), /auth/);
    assert.equal(settings().get('redis.url'), '');
    assert.deepEqual(await ourConnections(), []);
  });

  it('keeps an address whose password is accepted, and no password in the settings', async () => {
    await connectWith('right');
    assert.equal(settings().get('redis.url'), `redis://127.0.0.1:${server.port}`);
    assert.ok((await ourConnections()).includes('distcomp-vscode'));
  });

  it('finds the password again when it connects to that address later', async () => {
    await vscode.commands.executeCommand('distcomp.disconnect');
    await until(async () => (await ourConnections()).length === 0);
    await vscode.commands.executeCommand('distcomp.connect', { again: true });
    assert.ok((await ourConnections()).includes('distcomp-vscode'));
  });

  /** It ends when the password was accepted, or the question for another one was answered. */
  function connectWith(password: string): Thenable<unknown> {
    const url = `redis://:${password}@127.0.0.1:${server.port}`;
    return vscode.commands.executeCommand('distcomp.connect', { url });
  }

  async function ourConnections(): Promise<string[]> {
    return String(await redis.client('LIST')).match(/(?<=name=)distcomp\S*/g) ?? [];
  }
});
