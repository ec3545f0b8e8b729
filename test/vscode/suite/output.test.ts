import * as assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import * as vscode from 'vscode';
import { details } from '../../../src/queue/details';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { startRedis, type TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';
import { connectWindow, disconnectWindow } from './connectWindow';
import { type SuiteWorker, startWorker } from './workers';

const SCHEME = 'distcomp-output';

describe('output of tasks', () => {
  let server: TestRedis;
  let redis: Redis;
  let queue: Queue;
  let worker: SuiteWorker | undefined;
  /** For the files that tasks wait for: seen by workers elsewhere too. */
  let signals: string;

  before(async () => {
    server = await startRedis();
    redis = server.client();
    queue = new Queue(redis, 'default');
    signals = await mkdtemp(join(tmpdir(), 'distcomp-signals-'));
    await connectWindow(server);
  });
  afterEach(async () => {
    await worker?.stop();
    worker = undefined;
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await redis.flushall();
  });
  after(async () => {
    await rm(signals, { recursive: true, force: true });
    await disconnectWindow(server);
  });

  it('are followed while a task runs, and say how it ended', async () => {
    worker = await startWorker({ redisUrl: server.url });
    const line = await running(`echo one; ${wait('two')}; echo two; echo no >&2; exit 3`);
    await showOutput(line);
    const document = await shown(text => text.includes('one\n'));
    assert.equal(document.languageId, 'log');
    assert.match(
      document.getText(),
      /Attempt 1 of 1 · running on \S+ since [\d:]+ · followed live/,
    );
    assert.match(document.getText(), /\nFrom \S*\/distcomp-output\/\S+\.out and \.err\n/);
    await signal('two');
    // The files are read before it is known that it has ended, maybe.
    const end = '──── standard error ────\nno\n';
    await shown(text => text.startsWith(`${line}\nFailed · `) && text.endsWith(end));
    assert.ok(document.getText().includes('one\ntwo\n'));
    const [, state] = document.getText().split('\n');
    assert.match(state ?? '', /^Failed · Attempt 1 of 1 · \S+ · exit 3 · /);
  });

  it('come from the worker when its files are on another host, else from the queue', async () => {
    worker = await startWorker({ redisUrl: server.url, elsewhere: true });
    const line = await running(`echo far; ${wait('near')}; echo near`);
    await showOutput(line);
    const document = await shown(text => text.includes('far\n'));
    assert.match(document.getText(), /\nFrom \S+~1: \S*\/distcomp-output\/\S+\.out and \.err\n/);
    await signal('near');
    await shown(text => text.includes('far\nnear\n') && text.startsWith(`${line}\nFinished · `));
    await worker.stop();
    await vscode.commands.executeCommand('distcomp.showOutput', { line, stream: 'out' });
    const kept = await shown(text => text.includes('far\nnear\n') && text.includes('keeps'));
    assert.match(
      kept.getText(),
      /\nThis is what the queue keeps of its output\.\nAll of it is with \S+~1: \S+\.out and \.err\n/,
    );
  });

  it('are asked for again when the worker did not answer in time', async () => {
    worker = await startWorker({ redisUrl: server.url, elsewhere: true });
    const line = await ended('seq 1 5000; exit 1');
    worker.signal('SIGSTOP');
    await showOutput(line);
    const document = await shown(text => text.includes('keeps'));
    assert.match(document.getText(), /\nIts worker has not answered, and is asked again\.\n/);
    assert.ok(!document.getText().includes('\n1\n2\n'));
    worker.signal('SIGCONT');
    await shown(text => text.includes('\n1\n2\n') && text.includes('\n4999\n5000\n'));
    assert.match(document.getText(), /\nFrom \S+~1: /);
  });

  it('are read neither from Redis nor from a worker while nobody sees them', async () => {
    worker = await startWorker({ redisUrl: server.url, elsewhere: true });
    const line = await running(`echo hidden; ${wait('never')}`);
    await showOutput(line);
    await shown(text => text.includes('hidden\n'));
    const listener = redis.duplicate();
    let asked = 0;
    listener.on('message', (_channel, message: string) => {
      if (message.startsWith('renew')) asked += 1;
    });
    await listener.subscribe(queue.keys.wake);
    await until(() => asked > 1, { describe: 'the worker to be asked again' });
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content: 'x' }));
    const { startedAt } = await details(queue, line);
    assert.ok(startedAt);
    // A last question may be on its way.
    const before = await until(async () => {
      const seen = asked;
      await countedBeats(2);
      return seen === asked && seen;
    });
    await countedBeats(4);
    assert.equal(asked, before);
    listener.disconnect();
    await signal('never');
  });

  it('keep who looks at the end at the end, and leave who scrolled up alone', async () => {
    worker = await startWorker({ redisUrl: server.url });
    const line = await running(
      `seq 1 500; ${wait('more')}; seq 501 1000; ${wait('last')}; seq 1001 1500`,
    );
    await showOutput(line);
    await shown(text => text.includes('\n500\n'));
    const editor = vscode.window.visibleTextEditors.find(isOutput);
    assert.ok(editor);
    const last = () => editor.visibleRanges.at(-1)?.end.line ?? 0;
    const atEnd = () => last() >= editor.document.lineCount - 2;
    await until(atEnd, { describe: 'the end to be shown' });
    await signal('more');
    await shown(text => text.includes('\n1000\n'));
    await until(atEnd, { describe: 'the end to be shown again' });
    editor.revealRange(new vscode.Range(20, 0, 20, 0), vscode.TextEditorRevealType.AtTop);
    const top = await until(() => {
      const line = editor.visibleRanges[0]?.start.line ?? 0;
      return line <= 20 && line;
    });
    await signal('last');
    await shown(text => text.includes('\n1500\n'));
    // Had it been scrolled, the window would tell so before it answers this.
    await vscode.commands.executeCommand('vscode.getEditorLayout');
    assert.equal(editor.visibleRanges[0]?.start.line, top);
  });

  it('have 256 KiB at most, cut at a line, and say where all of it is', async () => {
    worker = await startWorker({ redisUrl: server.url });
    const line = await ended('seq 1 100000; seq 1 100000 >&2');
    await showOutput(line);
    const text = (await shown(found => found.includes('\n100000\n'))).getText();
    assert.ok(Buffer.byteLength(text) <= 256 * 1024, `${Buffer.byteLength(text)} bytes`);
    const titles = text.split('\n').filter(each => each.startsWith('────'));
    assert.equal(titles.length, 2);
    for (const [index, name] of ['out', 'err'].entries()) {
      const all = /the end of 588,895 bytes, all of them in \S+\/distcomp-output\/\S+/;
      assert.match(titles[index] ?? '', new RegExp(`${all.source}\\.${name} ────$`));
    }
    const [first = ''] = text.slice(text.indexOf('────\n') + 5).split('\n');
    assert.match(first, /^\d{5}$/);
  });

  it('are readable where a program wrote for a terminal', async () => {
    worker = await startWorker({ redisUrl: server.url });
    const line = await ended(String.raw`printf '\033[31mred\033[0m\n10%%\r20%%\r30%%\n\001\n'`);
    await showOutput(line);
    const document = await shown(text => text.includes('red'));
    assert.ok(document.getText().includes('──── standard output ────\nred\n30%\n␁\n'));
  });

  it('of every attempt are one step away', async () => {
    worker = await startWorker({ redisUrl: server.url, attempts: 3 });
    const line = await ended('echo try $DISTCOMP_ATTEMPT; false');
    await showOutput(line);
    const newest = await shown(text => text.includes('try 3\n'));
    assert.deepEqual(await lensTitles(newest), [
      ...['Attempt 2', 'Attempt 1', 'Compare…'],
      ...['Open Standard Output', 'Open Standard Error'],
    ]);
    await vscode.commands.executeCommand('distcomp.showOutput', { line, attempt: 1 });
    const first = await shown(text => text.includes('try 1\n'));
    assert.match(first.getText(), /\nAttempt 1 of 3 · \S+ · exit 1 · /);
    assert.deepEqual((await lensTitles(first)).slice(0, 4), [
      ...['Attempt 3', 'Attempt 2', 'Newest', 'Compare…'],
    ]);
    await vscode.commands.executeCommand('distcomp.showOutput', { line, attempt: 7 });
    await shown(text => text.includes('This task has no attempt 7. It has 1, 2, 3.'));
  });

  it('open as the real file where that is on this machine, a huge one too', async () => {
    worker = await startWorker({ redisUrl: server.url });
    const line = await ended('seq 1 8000000; echo why >&2');
    const { attempts } = await details(queue, line);
    for (const stream of ['err', 'out']) {
      await vscode.commands.executeCommand('distcomp.openOutputFile', { line, attempt: 1, stream });
      const path = `${attempts[0]?.path}.${stream}`;
      await until(() => tabPath() === path, { describe: () => `${path}, not ${tabPath()}` });
    }
  });

  it('of a file on another host open as a document with what the worker has', async () => {
    worker = await startWorker({ redisUrl: server.url, elsewhere: true });
    const line = await ended('echo out; echo why >&2');
    await vscode.commands.executeCommand('distcomp.openOutputFile', { line, stream: 'err' });
    const document = await shown(text => text.includes('why\n'));
    assert.match(document.uri.path, / · standard error\.log$/);
    assert.ok(!document.getText().includes('standard output ────'));
  });

  const wait = (name: string) => `until test -e ${signals}/${name}; do sleep 0.05; done`;
  const signal = (name: string) => writeFile(join(signals, name), '');

  async function running(command: string): Promise<string> {
    const line = `shell:1:0:0:${command}`;
    await submit(queue, [line]);
    await until(async () => (await details(queue, line)).startedAt !== undefined);
    return line;
  }

  async function ended(command: string): Promise<string> {
    const line = `shell:1:0:0:${command}`;
    await submit(queue, [line]);
    await until(async () => ['failed', 'finished'].includes((await details(queue, line)).state));
    return line;
  }

  /** So many more heartbeats of the worker: time that passes whatever the machine's speed. */
  async function countedBeats(more: number): Promise<void> {
    const beats = async () => Object.values(await redis.hgetall('worker_status')).join();
    for (let seen = await beats(), left = more; left > 0; left--) {
      const last = seen;
      seen = await until(async () => {
        const now = await beats();
        return now !== last && now;
      });
    }
  }
});

async function showOutput(line: string): Promise<void> {
  const node = { kind: 'task', queue: 'default', state: 'failed', row: { line } };
  await vscode.commands.executeCommand('distcomp.showOutput', { ...node, state: 'in_progress' });
}

const isOutput = ({ document }: vscode.TextEditor) => document.uri.scheme === SCHEME;

/** The visible output document once its text is as wanted. */
async function shown(wanted: (text: string) => boolean): Promise<vscode.TextDocument> {
  const text = () => vscode.window.visibleTextEditors.filter(isOutput).at(-1)?.document.getText();
  return until(
    () =>
      vscode.window.visibleTextEditors
        .filter(isOutput)
        .map(({ document }) => document)
        .find(document => wanted(document.getText())),
    { describe: () => `a document, which was:\n${text()}` },
  );
}

async function lensTitles({ uri }: vscode.TextDocument): Promise<(string | undefined)[]> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    'vscode.executeCodeLensProvider',
    uri,
  );
  return lenses.map(({ command }) => command?.title);
}

function tabPath(): string | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputText ? input.uri.fsPath : undefined;
}
