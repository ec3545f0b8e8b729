import * as assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import * as vscode from 'vscode';
import { taskId } from '../../../src/tasks/task';
import { startRedis, type TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';
import { connectWindow, disconnectWindow } from './connectWindow';

const MEMORY = 'memory must be a whole number of GB, found "4G". Write 4';

describe('a task file in the editor', () => {
  after(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('has its language by extension and by name', async () => {
    for (const name of ['a.tasks', 'b.distcomp', 'task', 'tasks']) {
      const { document } = await show(name, ['shell:1:0:0:x']);
      assert.equal(document.languageId, 'distcomp-tasks', name);
    }
  });

  it('says what is wrong while one types, in the words of the command line', async () => {
    const editor = await show('typing.tasks', ['# a sweep', 'shell:1:4:1:./train', 'echo hello']);
    const [bare] = await diagnosticsOf(editor, found => found.length === 1);
    assert.equal(
      bare?.message,
      'a task line is type:priority:memory:min_cpu:command, found "echo hello". Write shell:0:0:0: before the command',
    );
    await editor.edit(edit => edit.insert(new vscode.Position(1, 9), 'G'));
    const both = await diagnosticsOf(editor, found => found.length === 2);
    const memory = both.find(({ message }) => message === MEMORY);
    assert.deepEqual(rangeOf(memory), [1, 8, 1, 10]);
    assert.equal(memory?.source, 'DistComp');
    await editor.edit(edit => edit.insert(new vscode.Position(0, 0), 'nonsense\n\n'));
    await diagnosticsOf(editor, found => found.some(({ range }) => range.start.line === 3));
    await editor.edit(edit => edit.delete(new vscode.Range(0, 0, 5, 0)));
    await diagnosticsOf(editor, found => found.length === 0);
  });

  it('says at most 999 problems and how many more there are', async () => {
    const editor = await show('many.tasks', Array(5_999).fill('shell:1:4G:0:x'));
    const found = await diagnosticsOf(editor, all => all.length > 0);
    assert.equal(found.length, 1_000);
    assert.equal(found.at(-1)?.message, '… and 5,000 more');
  });

  it('says nothing any more of a file that is closed', async () => {
    const uri = await taskFile('closed.tasks', ['echo hello']);
    // As a person opens it: what the API opens is held open for minutes.
    await vscode.commands.executeCommand('vscode.open', uri);
    await until(() => vscode.languages.getDiagnostics(uri).length === 1);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until(() => vscode.languages.getDiagnostics(uri).length === 0);
  });

  it('has a quick fix for a remedy, and one for all of its kind', async () => {
    const lines = ['shell:1:4G:0:a', 'shell:1:512 MB:0:b', 'shell:x:0:0:c', 'shell:1:1:1:d'];
    const editor = await show('fix.tasks', lines);
    const one = await actionsAt(editor, 0);
    assert.deepEqual(
      one.map(({ title }) => title),
      ['Write 4', 'Fix all 2 problems of this kind in the file'],
    );
    assert.equal(one[0]?.isPreferred, true);
    await apply(one[1]);
    assert.equal(
      editor.document.getText(),
      ['shell:1:4:0:a', 'shell:1:1:0:b', 'shell:x:0:0:c', 'shell:1:1:1:d', ''].join('\n'),
    );
    const alone = await actionsAt(editor, 2);
    assert.deepEqual(
      alone.map(({ title }) => title),
      ['Write 0 if it does not matter'],
    );
    await apply(alone[0]);
    await diagnosticsOf(editor, found => found.length === 0);
    assert.deepEqual(await actionsAt(editor, 2), []);
  });

  it('fixes all that can be, for who wants that on save', async () => {
    const editor = await show('all.tasks', [
      './train',
      ' shell:1:0:0:x',
      'bash:1:0:0:y',
      'shell:1:0:0:',
    ]);
    const [action] = await actionsAt(editor, 0, 'source.fixAll.distcomp');
    await apply(action);
    assert.deepEqual(editor.document.getText().split('\n').slice(0, 4), [
      'shell:0:0:0:./train',
      'shell:1:0:0:x',
      'shell:1:0:0:y',
      'shell:1:0:0:',
    ]);
  });

  it('fixes 20,000 lines at once', async () => {
    const editor = await show('large.tasks', Array(20_000).fill('shell:1:4G:0:x'));
    const actions = await actionsAt(editor, 7);
    await apply(actions[1]);
    assert.equal(editor.document.lineAt(19_999).text, 'shell:1:4:0:x');
    await diagnosticsOf(editor, found => found.length === 0);
    const [submit] = await lensesOf(editor);
    assert.equal(submit?.command?.title, 'Submit 20,000 tasks');
  });

  it('completes types, fields and whole lines', async () => {
    const editor = await show('complete.tasks', ['', 'shell:1:', 'shell:1:0:1:./train ']);
    const labels = async (line: number, character: number) => {
      const list = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        editor.document.uri,
        new vscode.Position(line, character),
        ':',
      );
      // Words of the file are plain strings.
      return list.items.flatMap(({ label }) => (typeof label === 'string' ? [] : [label.label]));
    };
    assert.ok((await labels(0, 0)).includes('shell:priority:memory:min_cpu:command'));
    assert.ok((await labels(0, 0)).includes('python'));
    assert.deepEqual((await labels(1, 8)).slice(0, 5), ['0', '1', '2', '4', '8']);
    assert.deepEqual(await labels(2, 20), []);
  });

  it('explains each field under the pointer', async () => {
    const editor = await show('hover.tasks', ['shell:1:4:2:60:./train', '# a comment']);
    const starts: [character: number, says: string][] = [
      [0, 'Type: shell is run by'],
      [6, 'Priority: '],
      [8, 'Memory that the task needs, in whole GB'],
      [10, 'Cores that the task needs'],
      [12, 'Timeout in seconds'],
      [17, 'Command: '],
    ];
    for (const [character, says] of starts) {
      assert.ok((await hoverAt(editor, 0, character)).includes(says), says);
    }
    const id = taskId('shell:1:4:2:60:./train');
    assert.ok((await hoverAt(editor, 0, 17)).includes(`Task ${id}`));
    assert.equal(await hoverAt(editor, 1, 3), '');
  });

  it('says above the file how many tasks it has', async () => {
    const editor = await show('lens.tasks', [
      'shell:1:0:0:x',
      '',
      '# y',
      'python:1:0:0:z',
      'wrong',
    ]);
    const titles = async () => (await lensesOf(editor)).map(({ command }) => command?.title);
    assert.deepEqual(await titles(), ['Submit 2 tasks · 1 problem', 'Preview']);
    await editor.edit(edit => edit.delete(new vscode.Range(3, 0, 5, 0)));
    assert.deepEqual(await titles(), ['Submit 1 task', 'Preview']);
    await editor.edit(edit => edit.delete(new vscode.Range(0, 0, 1, 0)));
    assert.deepEqual(await titles(), []);
  });

  describe('beside a queue', () => {
    let server: TestRedis;
    let redis: Redis;

    before(async () => {
      server = await startRedis({ settings: { 'enable-debug-command': 'local' } });
      redis = server.client();
      await connectWindow(server);
    });
    beforeEach(() => redis.flushall());
    after(async () => {
      await disconnectWindow(server);
    });

    it('submits whole lines that a selection touches, and no others', async () => {
      const lines = [1, 2, 3, 4, 5].map(seed => `shell:1:0:0:./train --seed ${seed}`);
      const editor = await show('selection.tasks', lines);
      editor.selections = [
        new vscode.Selection(1, 8, 2, 4),
        // Made down to the beginning of the last line.
        new vscode.Selection(3, 0, 4, 0),
      ];
      await vscode.commands.executeCommand('distcomp.submitSelection');
      assert.deepEqual((await redis.hkeys('todo_tasks')).sort(), lines.slice(1, 4));
    });

    it('previews a submission without changing anything, as it stands in the editor', async () => {
      await redis.hset('finished_tasks', 'shell:1:0:0:done', 'w~1: ""');
      await redis.hset('failed_tasks', 'shell:1:64:0:failed', 'w~1,');
      const lines = ['shell:1:0:0:done', 'shell:1:64:0:failed', 'shell:1:4G:0:x'];
      const editor = await show('preview.tasks', lines);
      await editor.edit(edit => edit.insert(new vscode.Position(0, 0), 'shell:1:0:0:typed\n'));
      const before = await redis.call('DEBUG', 'DIGEST');
      await vscode.commands.executeCommand('distcomp.previewSubmission');
      const shown = vscode.window.activeTextEditor?.document;
      assert.equal(shown?.uri.scheme, 'distcomp-report');
      const text = shown?.getText() ?? '';
      for (const part of [
        'preview.tasks into queue "default". Nothing has been changed.',
        '1 task would be added',
        '1 failed before and would be tried again',
        '1 is already there: 1 finished',
        '1 line is not understood',
        `  line 4, column 9: ${MEMORY}`,
      ]) {
        assert.ok(text.includes(part), `no "${part}" in ${text}`);
      }
      assert.equal(await redis.call('DEBUG', 'DIGEST'), before);
      assert.equal(editor.document.isDirty, true);
    });

    it('audits a file: which of its tasks are in no state', async () => {
      const lines = ['shell:1:0:0:waits', 'shell:1:0:0:lost', 'python:1:0:0:lost_too'];
      await redis.hset('todo_tasks', lines[0] ?? '', '');
      const { document } = await show('audit.tasks', lines);
      const before = await redis.call('DEBUG', 'DIGEST');
      await vscode.commands.executeCommand('distcomp.auditTaskFile', document.uri);
      const text = vscode.window.activeTextEditor?.document.getText() ?? '';
      assert.ok(text.includes('3 tasks · 1 to do · 2 in no state'), text);
      assert.ok(text.includes('  line 2: lost\n  line 3: lost_too\n'), text);
      assert.equal(await redis.call('DEBUG', 'DIGEST'), before);
    });

    it('says in a hover where a task is, with a link to its output', async () => {
      const line = 'shell:1:0:0:./train --seed 7 `$(x)` [a](command:b)';
      await redis.hset('finished_tasks', line, 'node1~1: "ok"');
      const editor = await show('state.tasks', [line, 'shell:1:0:0:elsewhere']);
      const said = await hoverAt(editor, 0, 14);
      assert.match(said, /Finished in queue/);
      assert.match(said, /\(command:distcomp\.showOutput\?/);
      assert.ok(!said.includes('(command:b)'));
      const link = /command:distcomp\.showOutput\?([^)]*)/.exec(said)?.[1] ?? '';
      const [node] = JSON.parse(decodeURIComponent(link));
      await vscode.commands.executeCommand('distcomp.showOutput', node);
      assert.equal(vscode.window.activeTextEditor?.document.uri.scheme, 'distcomp-output');
      assert.match(await hoverAt(editor, 1, 14), /not in queue/);
    });

    it('warns of what no live worker has, until one has it or none is there', async () => {
      const editor = await show('needs.tasks', ['shell:1:64:1:./prepare', 'shell:1:1:1:./train']);
      // A heartbeat of the year 2096 does not get old while this runs.
      const tell = (name: string, gb: number) =>
        redis.hset('worker_status', name, `4000000000:0.00:8:1.00:${gb}`);
      await tell('small', 32);
      await nudge();
      const [warning] = await diagnosticsOf(editor, found => found.length === 1);
      assert.equal(
        warning?.message,
        'no live worker has 64 GB: the most is 32 GB on small. Ask for less, or start a worker that has it',
      );
      assert.equal(warning?.severity, vscode.DiagnosticSeverity.Warning);
      assert.deepEqual(rangeOf(warning), [0, 8, 0, 10]);
      await tell('large', 128);
      await nudge();
      await diagnosticsOf(editor, found => found.length === 0);
    });

    /** Something happens in the queue, so that the window looks at it again. */
    async function nudge(): Promise<void> {
      await redis.hset('todo_tasks', `shell:1:0:0:echo ${Math.random()}`, '');
      await vscode.commands.executeCommand('distcomp.refresh');
    }
  });
});

async function taskFile(name: string, lines: readonly string[]): Promise<vscode.Uri> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder, 'no folder is open');
  const path = join(folder.uri.fsPath, name);
  await writeFile(path, `${lines.join('\n')}\n`);
  return vscode.Uri.file(path);
}

async function show(name: string, lines: readonly string[]): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(await taskFile(name, lines), { preview: false });
}

function diagnosticsOf(
  { document }: vscode.TextEditor,
  fits: (found: vscode.Diagnostic[]) => boolean,
): Promise<vscode.Diagnostic[]> {
  const found = () => vscode.languages.getDiagnostics(document.uri);
  const describe = () => `other diagnostics than ${JSON.stringify(found().slice(0, 5))}`;
  return until(() => fits(found()) && found(), { describe });
}

const rangeOf = (found: vscode.Diagnostic | undefined) =>
  found && [
    found.range.start.line,
    found.range.start.character,
    found.range.end.line,
    found.range.end.character,
  ];

function actionsAt(
  { document }: vscode.TextEditor,
  line: number,
  kind = 'quickfix',
): Thenable<vscode.CodeAction[]> {
  const range = document.lineAt(line).range;
  return vscode.commands.executeCommand(
    'vscode.executeCodeActionProvider',
    document.uri,
    range,
    kind,
    10,
  );
}

async function apply(action: vscode.CodeAction | undefined): Promise<void> {
  assert.ok(action?.edit, `no edit in ${action?.title}`);
  assert.equal(await vscode.workspace.applyEdit(action.edit), true);
}

function lensesOf({ document }: vscode.TextEditor): Thenable<vscode.CodeLens[]> {
  return vscode.commands.executeCommand('vscode.executeCodeLensProvider', document.uri, 10);
}

async function hoverAt(
  { document }: vscode.TextEditor,
  line: number,
  character: number,
): Promise<string> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
    'vscode.executeHoverProvider',
    document.uri,
    new vscode.Position(line, character),
  );
  return hovers
    .flatMap(({ contents }) => contents)
    .map(part => (typeof part === 'string' ? part : part.value))
    .join('\n')
    .replaceAll('&nbsp;', ' ');
}
