import * as assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import * as vscode from 'vscode';
import { startRedis, type TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';
import { connectWindow, disconnectWindow, settings } from './connectWindow';

const LINE = 'shell:1:0:0:./train --seed 7';

describe('the queues of a Redis in the editor', () => {
  let server: TestRedis;
  let redis: Redis;

  before(async () => {
    server = await startRedis();
    redis = server.client();
    await connectWindow(server);
  });
  after(async () => {
    await settings().update('queue', undefined, vscode.ConfigurationTarget.Workspace);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await disconnectWindow(server);
  });

  it('are switched for this workspace, and tasks are submitted to the one that is shown', async () => {
    await vscode.commands.executeCommand('distcomp.switchQueue', 'nightly');
    assert.equal(settings().inspect('queue')?.workspaceValue, 'nightly');
    const path = join(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '', 'night.tasks');
    await writeFile(path, `${LINE}\n`);
    void vscode.commands.executeCommand('distcomp.submitTasks', vscode.Uri.file(path));
    await until(async () => (await redis.hlen('{nightly}:todo_tasks')) === 1);
    assert.equal(await redis.exists('todo_tasks'), 0);
  });

  it('have a filter whose matches, and no others, are retried as a group', async () => {
    const [found, other] = ['shell:1:0:0:./train --seed 70', 'shell:1:0:0:./train --seed 8'];
    await redis.hset('{nightly}:failed_tasks', found, 'n~1,', other, 'n~1,');
    await vscode.commands.executeCommand('distcomp.filterTasks', 'seed 7');
    const group = { kind: 'matches', queue: 'nightly', state: 'failed' };
    await until(async () => {
      await vscode.commands.executeCommand('distcomp.retryTasks', group, [group]);
      return (await redis.hexists('{nightly}:failed_tasks', found)) === 0;
    });
    assert.deepEqual(await redis.hkeys('{nightly}:failed_tasks'), [other]);
    await vscode.commands.executeCommand('distcomp.clearFilter');
  });
});
