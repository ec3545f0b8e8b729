import * as assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import * as vscode from 'vscode';
import { startRedis, type TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';
import { connectWindow, disconnectWindow } from './connectWindow';

const GOOD = ['shell:5:1:1:./train --rate 0.1 --seed 1', 'shell:1:0:0:60:./train --rate a:b'];
const BAD = 'shell:1:4G:0:./train --rate 0.2';

describe('a queue in the editor', () => {
  let server: TestRedis;
  let redis: Redis;

  before(async () => {
    server = await startRedis();
    redis = server.client();
    await connectWindow(server);
  });
  beforeEach(() => redis.flushall());
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await disconnectWindow(server);
  });

  it('gets the tasks of the active file, and the Problems view its bad lines', async () => {
    const uri = await taskFile('active.tasks', [GOOD[0], BAD, GOOD[1]].join('\n'));
    await vscode.window.showTextDocument(uri);
    submitInBackground();
    await until(async () => (await redis.hlen('distcomp:todo_tasks')) === 1);
    assert.deepEqual(Object.keys(await redis.hgetall('todo_tasks')), [GOOD[0]]);
    assert.deepEqual(Object.keys(await redis.hgetall('distcomp:todo_tasks')), [GOOD[1]]);
    const [problem] = await until(() => {
      const found = vscode.languages.getDiagnostics(uri);
      return found.length > 0 && found;
    });
    assert.equal(problem?.message, 'memory must be a whole number of GB, found "4G". Write 4');
    assert.deepEqual([problem?.range.start.line, problem?.range.start.character], [1, 8]);
  });

  it('gets the good line of a file full of bad ones, which says how many more there are', async () => {
    const uri = await taskFile('bad.tasks', [...Array(1_500).fill(BAD), GOOD[0]].join('\n'));
    submitInBackground(uri);
    await until(async () => (await redis.hlen('todo_tasks')) === 1);
    const found = await until(() => {
      const all = vscode.languages.getDiagnostics(uri);
      return all.length > 0 && all;
    });
    // The window shows a thousand a file.
    assert.equal(found.length, 1_000);
    assert.equal(found.at(-1)?.message, '… and 501 more');
  });

  it('gets what was typed and not saved yet', async () => {
    const uri = await taskFile('typed.tasks', GOOD[0]);
    const editor = await vscode.window.showTextDocument(uri);
    const typed = 'shell:1:0:0:echo typed\n';
    await editor.edit(edit => edit.insert(new vscode.Position(0, 0), typed));
    submitInBackground();
    await until(async () => (await redis.hlen('todo_tasks')) === 2);
    assert.equal(await redis.hexists('todo_tasks', typed.trim()), 1);
  });

  it('gets the tasks of files chosen in the explorer', async () => {
    const files = await Promise.all([
      taskFile('one.tasks', GOOD[0]),
      taskFile('two.tasks', 'shell:1:0:0:echo two'),
    ]);
    submitInBackground(files[0], files);
    await until(async () => (await redis.hlen('todo_tasks')) === 2);
  });

  it('retries exactly the failed tasks that are selected', async () => {
    const lines = [1, 2, 3, 4].map(seed => `shell:1:0:0:./train --seed ${seed}`);
    for (const line of lines) await redis.hset('failed_tasks', line, 'node1~1,node2~1,');
    for (const line of lines) await redis.hset('task_fail_reason', line, '"why"');
    const nodes = lines.slice(0, 3).map(line => taskNode('failed', line));
    await vscode.commands.executeCommand('distcomp.retryTasks', nodes[0], nodes);
    assert.deepEqual(Object.keys(await redis.hgetall('todo_tasks')).sort(), lines.slice(0, 3));
    assert.deepEqual(await redis.hgetall('failed_tasks'), { [lines[3] ?? '']: 'node1~1,node2~1,' });
    assert.deepEqual(await redis.hkeys('task_fail_reason'), [lines[3]]);
  });

  it('retries all of the Failed group, and leaves what waits for another attempt alone', async () => {
    const failed = 'shell:1:0:0:./train --seed 1';
    const waiting = 'shell:1:0:0:./train --seed 2';
    await redis.hset('failed_tasks', failed, 'node1~1,', waiting, 'node1~1,');
    await redis.hset('todo_tasks', waiting, '');
    const group = { kind: 'state', queue: 'default', state: 'failed' };
    await vscode.commands.executeCommand('distcomp.retryTasks', group, [group]);
    assert.deepEqual(await redis.hkeys('failed_tasks'), [waiting]);
    assert.deepEqual((await redis.hkeys('todo_tasks')).sort(), [failed, waiting]);
  });

  it('shows what a task printed, from its files', async () => {
    const line = 'shell:1:0:0:./train --seed 9';
    const path = join(workspaceFolder(), 'output-of-seed-9');
    await writeFile(`${path}.out`, 'epoch 1\nepoch 2\n');
    await writeFile(`${path}.err`, 'ValueError: \u202e lr too large\n');
    const record = { worker: 'node1~1', start: 1, end: 2001, exit: 1, out: '', err: '', path };
    await redis.hset('failed_tasks', line, 'node1~1,');
    await redis.hset('distcomp:attempts', line, `1 ${JSON.stringify(record)}\n`);
    const node = taskNode('failed', line);
    await vscode.commands.executeCommand('distcomp.showOutput', node, [node]);
    const document = vscode.window.activeTextEditor?.document;
    assert.equal(document?.uri.scheme, 'distcomp-output');
    for (const part of [line, 'exit 1', 'epoch 1\nepoch 2', 'lr too large']) {
      assert.ok(document?.getText().includes(part), `no "${part}" in ${document?.getText()}`);
    }
  });
});

/** The command ends when its notice is answered or hidden, which nobody waits for here. */
function submitInBackground(...args: unknown[]): void {
  void vscode.commands.executeCommand('distcomp.submitTasks', ...args);
}

const taskNode = (state: string, line: string) => ({
  kind: 'task',
  queue: 'default',
  state,
  row: { line },
});

function workspaceFolder(): string {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder, 'no folder is open');
  return folder.uri.fsPath;
}

async function taskFile(name: string, text: string | undefined): Promise<vscode.Uri> {
  const path = join(workspaceFolder(), name);
  await writeFile(path, `${text}\n`);
  return vscode.Uri.file(path);
}
