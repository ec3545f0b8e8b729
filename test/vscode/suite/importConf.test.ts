import * as assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { until } from '../../setup/until';
import { closeQuestions } from './closeQuestions';
import { settings } from './connectWindow';

describe('importing a conf.json', () => {
  let path: string;

  before(async () => {
    path = join(workspaceFolder(), 'cluster', 'conf.json');
    await mkdir(join(workspaceFolder(), 'cluster'));
  });
  after(async () => {
    await rm(join(workspaceFolder(), 'cluster'), { recursive: true });
  });

  it('puts all that is wrong with it into the Problems view, at its place, and takes nothing', async () => {
    const uri = await conf('{\n  "redis_host": "a b",\n  "prefetch": 99\n}');
    await importConf(uri);
    const found = await until(() => {
      const all = vscode.languages.getDiagnostics(uri);
      return all.length > 0 && all;
    });
    assert.deepEqual(
      found.map(({ message, range }) => [range.start.line, range.start.character, message]),
      [
        [1, 2, 'conf.json: redis_host must be a host name or an IP address, found "a b"'],
        [2, 2, 'conf.json: prefetch must be a whole number of tasks from 0 to 64, found 99'],
      ],
    );
    assert.equal(settings().get('redis.url'), '');
  });

  it('keeps nothing when it is declined', async () => {
    const uri = await conf('{ "redis_host": "127.0.0.1", "queue": "sweeps" }');
    await closeQuestions(importConf(uri));
    assert.equal(settings().get('redis.url'), '');
    assert.equal(settings().get('queue'), 'default');
    // What was wrong with the file before is not wrong any more.
    assert.deepEqual(vscode.languages.getDiagnostics(uri), []);
  });

  async function conf(text: string): Promise<vscode.Uri> {
    await writeFile(path, text);
    return vscode.Uri.file(path);
  }
});

/** Ends when its list was answered; its notice is not waited for. */
const importConf = (uri: vscode.Uri) => vscode.commands.executeCommand('distcomp.importConf', uri);

function workspaceFolder(): string {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder, 'no folder is open');
  return folder.uri.fsPath;
}
