import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAttempts } from '../../src/queue/attempt';
import { details } from '../../src/queue/details';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { startRedis, type TestRedis } from '../setup/redis';
import { until } from '../setup/until';
import { startWorker } from '../setup/workers';
import { startWorkbench, type Workbench } from './workbench';

const PATIENT = { timeoutMs: 90_000 };

let workspace: string;
let server: TestRedis;
let redis: Redis;
let queue: Queue;
let workbench: Workbench;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-output-'));
  server = await startRedis();
  redis = server.client();
  queue = new Queue(redis, 'default');
  workbench = await startWorkbench({ workspace, settings: { 'distcomp.redis.url': server.url } });
  await workbench.showContainer('DistComp');
  await until(() => workbench.tree('Queues').welcome(), PATIENT);
});
afterAll(async () => {
  await workbench?.close();
  await server?.stop();
  await rm(workspace, { recursive: true, force: true });
});

const file = (name: string) => join(workspace, name);
const signal = (name: string) => writeFile(file(name), '');
const wait = (name: string) => `until test -e ${file(name)}; do sleep 0.05; done`;

/** A worker that tries a task so often. It ends with its test. */
const worker = (attempts = 1) =>
  startWorker({ conf: { redis_url: server.url, max_retry_per_task: attempts } });

async function ended(command: string): Promise<string> {
  const line = `shell:1:0:0:${command}`;
  await submit(queue, [line]);
  await until(async () => ['failed', 'finished'].includes((await details(queue, line)).state));
  return line;
}

/** The same until the tree shows its end: a row that is drawn again takes neither a click nor a menu's choice. */
async function failed(command: string): Promise<void> {
  await ended(command);
  await until(async () => {
    const rows = await workbench.tree('Queues').rows();
    const at = (label: string) => rows.findIndex(row => row.label === label);
    const isOver = rows[at('In progress')]?.description === '0';
    return isOver && at('Failed') >= 0 && at(command) > at('Failed');
  });
}

/** Each attempt says its number, and something that is the same. */
const TRY = 'echo begin; echo try $DISTCOMP_ATTEMPT; echo why >&2; exit 1';

describe('the output of a task', () => {
  it('is shown by a click, every attempt of it one more away', async () => {
    await worker(3);
    await failed(TRY);
    await workbench.tree('Queues').click(TRY);
    await editorSays('try 3');
    expect(await workbench.editorText()).toMatch(/Failed · Attempt 3 of 3 · \S+ · exit 1/);
    await pressLens('Attempt 1');
    await editorSays('try 1');
    expect(await workbench.editorText()).toContain('Attempt 1 of 3');
  });

  it('of an attempt is picked from a list, by the keyboard alone', async () => {
    await workbench.runCommand('DistComp: Show Output of Attempt…');
    expect(await attemptsOffered()).toEqual(['Attempt 3', 'Attempt 2', 'Attempt 1']);
    await workbench.screenshot('attempts-dark');
    await workbench.page.keyboard.press('ArrowDown');
    await workbench.page.keyboard.press('Enter');
    await editorSays('try 2');
  });

  it('of two attempts is compared in the diff editor, the newest two unless others are chosen', async () => {
    await workbench.tree('Queues').contextMenu([TRY], 'Compare Attempts');
    expect(await attemptsOffered()).toEqual(['Attempt 3', 'Attempt 2', 'Attempt 1']);
    await workbench.page.keyboard.press('Enter');
    await workbench.pick('Standard Output and Standard Error');
    const text = '──── standard output ────\nbegin\ntry 2\n\n──── standard error ────\nwhy\n';
    // Each side is drawn by itself, and again as the editor finds its size.
    await until(async () => {
      expect(await workbench.diffText()).toEqual([text, text.replace('try 2', 'try 3')]);
      return true;
    });
    await workbench.page.locator('.tab.active', { hasText: 'Attempts 2 ↔ 3' }).waitFor();
  });

  it('is opened as the file that the worker wrote, one of two streams', async () => {
    await worker();
    const command = 'echo all of it; echo why >&2; exit 1';
    await failed(command);
    await workbench.tree('Queues').contextMenu([command], 'Open Output File');
    expect(await workbench.pickLabels()).toEqual(['Standard Output', 'Standard Error']);
    await workbench.pick('Standard Output');
    await until(async () => (await workbench.editorText()) === 'all of it\n');
    await workbench.page.locator('.tab.active', { hasText: '.out' }).waitFor();
    await workbench.screenshot('output-file-dark');
  });

  it('is followed while the task runs, the end in view', async () => {
    await worker();
    const command = `seq 1 200; ${wait('go')}; seq 201 400`;
    await submit(queue, [`shell:1:0:0:${command}`]);
    await until(async () => (await details(queue, `shell:1:0:0:${command}`)).startedAt);
    await workbench.runCommand('DistComp: Show Output');
    await workbench.pickSeveral([command]);
    await editorSays(/^200$/m);
    await workbench.screenshot('following-dark');
    await signal('go');
    await editorSays(/^400$/m);
    // Its state too, above what is in view.
    await until(async () => {
      // What was read while the end was in view keeps it there once more.
      await workbench.page.keyboard.press('ControlOrMeta+Home');
      return (await workbench.editorText()).includes('Finished · Attempt 1 of 1');
    });
  });
});

describe('an output document', () => {
  it.each([
    ['light', 'Light Modern', 'vs'],
    ['high-contrast', 'Dark High Contrast', 'hc-black'],
    ['high-contrast-light', 'Light High Contrast', 'hc-light'],
    ['dark', 'Dark Modern', 'vs-dark'],
  ])('and a comparison can be read in %s', async (name, theme, className) => {
    await workbench.setTheme(theme, className);
    await showTab('attempt 2');
    await editorSays('Attempt 2 of 3');
    await workbench.page.locator('.codelens-decoration a', { hasText: 'Newest' }).waitFor();
    await workbench.screenshot(`output-${name}`);
    await showTab('Attempts 2 ↔ 3');
    await until(async () => (await workbench.diffText())[1].includes('try 3'));
    await workbench.screenshot(`compare-${name}`);
  });
});

describe('a run that this window submitted', () => {
  it('ends with one notice, which shows the failures and tries them again', async () => {
    await redis.flushall();
    await worker();
    // Failed before the run, so it is none of it.
    const older = await ended('echo older; exit 1');
    await writeFile(file('run.tasks'), tasks('first', [0, 0, 0, 1, 1]));
    await workbench.openFile(file('run.tasks'));
    await workbench.runCommand('DistComp: Submit Tasks');
    const said = await workbench.notice('finished, ');
    expect(said).toMatch(/^3 finished, 2 failed in [\d.]+ s\./);
    await workbench.screenshot('run-ended-dark');
    await workbench.answerNotice('3 finished, 2 failed', 'Retry');
    // They run again, which is a run of its own.
    await workbench.notice('0 finished, 2 failed in ');
    const { [older]: once = '', ...others } = await redis.hgetall('distcomp:attempts');
    expect(parseAttempts(once)).toHaveLength(1);
    const attempts = Object.values(others).map(parseAttempts);
    expect(attempts.map(({ length }) => length).sort()).toEqual([1, 1, 1, 2, 2]);
    expect((await details(queue, older)).state).toBe('failed');
    await workbench.answerNotice('0 finished, 2 failed in ', 'Show Failures');
    const row = workbench.page.locator('.pane .monaco-list-row.focused.selected');
    await until(async () => ((await row.textContent()) ?? '').startsWith('Failed'), {
      describe: 'the Failed group to be chosen',
    });
    await workbench.screenshot('show-failures-dark');
    // Each was said once: those that were answered are gone.
    const listed = await workbench.listedNotices();
    expect(listed.filter(text => text.includes(' finished, '))).toEqual([]);
  });

  it('that ends after a reload of the window still gives its notice', async () => {
    await writeFile(file('reload.tasks'), tasks('reload', [0, 1], wait('reloaded')));
    await workbench.openFile(file('reload.tasks'));
    await workbench.runCommand('DistComp: Submit Tasks');
    await workbench.notice('2 tasks added');
    await workbench.reload();
    await until(async () => (await workbench.statusBar()).some(text => text.includes('▶ 2')), {
      ...PATIENT,
      describe: 'the queue to be shown again',
    });
    await signal('reloaded');
    await worker();
    await workbench.notice('1 finished, 1 failed in ');
  });
});

/** A task file: one task for each exit status. */
const tasks = (name: string, exits: number[], before = ':') =>
  exits.map((exit, i) => `shell:1:0:0:${before}; echo ${name} ${i}; exit ${exit}\n`).join('');

async function editorSays(wanted: string | RegExp): Promise<void> {
  let text = '';
  await until(
    async () => {
      text = await workbench.editorText();
      return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
    },
    { describe: () => `an editor with ${wanted}, which shows\n${text}` },
  );
}

async function showTab(label: string): Promise<void> {
  const tab = workbench.page.locator('.tab', { hasText: label });
  await tab.click();
  await workbench.page.locator('.tab.active', { hasText: label }).waitFor();
}

/** What failed attempts said last stands in the list as well. */
async function attemptsOffered(): Promise<string[]> {
  return (await workbench.pickItems()).filter(text => text !== 'why');
}

/** Presses one of the links above a document. */
async function pressLens(title: string): Promise<void> {
  const lens = workbench.page.locator('.codelens-decoration a', { hasText: title });
  await lens.first().click();
}
