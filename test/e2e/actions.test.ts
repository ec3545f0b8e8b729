import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { Actor } from '../setup/actor';
import { snapshot } from '../setup/invariants';
import { startRedis, type TestRedis } from '../setup/redis';
import { until } from '../setup/until';
import { afterNextChange, slowDown } from './slowRedis';
import { startWorkbench, type Workbench } from './workbench';

let workspace: string;
let server: TestRedis;
let redis: Redis;
let workbench: Workbench;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-actions-'));
  server = await startRedis();
  redis = server.client();
  await redis.hset('todo_tasks', task('first'), '');
  workbench = await startWorkbench({ workspace, settings: { 'distcomp.redis.url': server.url } });
  await workbench.showContainer('DistComp');
  await until(() => countOf('To do'), { describe: 'the queue to be shown' });
});
afterAll(async () => {
  await workbench?.close();
  await server?.stop();
  await rm(workspace, { recursive: true, force: true });
});
beforeEach(async () => {
  await redis.flushall();
  await workbench.clearNotices();
  // Else what the test before left would be taken for what is filled in, and be drawn anew under a menu.
  await workbench.runCommand('DistComp: Refresh');
  await until(async () => (await tree().rows()).length === 0, { describe: 'an empty tree' });
  await fillQueue();
  await workbench.runCommand('DistComp: Refresh');
  await until(async () => (await countOf('To do')) === '30');
});

const task = (command: string) => `shell:1:0:0:${command}`;
const [RUNS, WAITS] = [
  ['run a', 'run b'].map(task),
  Array.from({ length: 30 }, (_, i) => task(`${i} waits`)),
];
const FINISHED = ['finish a', 'finish b'].map(task);
const ALIKE = ['alike 1', 'like 2', 'kindred 3'].map(task);
const OTHER = task('other');

/** Two finished, three that failed alike and one in another way, two running, thirty waiting. */
async function fillQueue(): Promise<void> {
  const queue = new Queue(redis, 'default');
  const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
  await submit(queue, [...FINISHED, ...ALIKE, OTHER]);
  await w.claim(6);
  for (const line of FINISHED) w.finish(line, 'loss, 0.1');
  for (const [i, line] of ALIKE.entries()) w.fail(line, { exit: 1, err: `bad seed ${i}\n` });
  w.fail(OTHER, { exit: 2 });
  await w.cycle();
  await submit(queue, RUNS);
  await w.claim(2);
  await submit(queue, WAITS);
}

/** All that is in Redis, but for what expires by itself. */
async function lasting(): Promise<Record<string, unknown>> {
  const { 'distcomp:duty': _, ...all } = await snapshot(redis);
  return all;
}

const keysOf = async (hash: string) => (await redis.hkeys(hash)).sort();
const sorted = (lines: readonly string[]) => [...lines].sort();
const tree = () => workbench.tree('Queues');

describe('clearing a queue', () => {
  const QUESTION =
    'Clear queue "default"? 30 waiting, 2 running, 4 failed and 2 finished tasks and their results go. Can be undone for 10 minutes. What runs is ended; undone, it begins anew.';

  it('says exactly what goes, changes nothing when it is refused, and is undone', async () => {
    const before = await lasting();
    await tree().contextMenu(['default'], 'Clear Queue');
    await workbench.page.locator('.monaco-dialog-box').waitFor();
    await workbench.screenshot('clear-dark');
    expect(await workbench.answerDialog('Cancel')).toContain(QUESTION);
    expect(await lasting()).toEqual(before);

    await tree().contextMenu(['default'], 'Clear Queue');
    await workbench.answerDialog('Clear Queue');
    await workbench.notice('38 tasks removed');
    for (const hash of ['todo_tasks', 'in_progress_tasks', 'failed_tasks', 'finished_tasks']) {
      expect(await redis.exists(hash), hash).toBe(0);
    }
    await workbench.answerNotice('38 tasks removed', 'Undo');
    expect(await workbench.notice('tasks restored')).toContain('38 tasks restored');
    expect(await keysOf('todo_tasks')).toEqual(sorted([...RUNS, ...WAITS]));
    expect(await keysOf('failed_tasks')).toEqual(sorted([...ALIKE, OTHER]));
    expect(await redis.hgetall('finished_tasks')).toEqual(before.finished_tasks);
  });
});

describe('cancelling', () => {
  it('asks before a group is cancelled, and says the number', async () => {
    const before = await lasting();
    await tree().contextMenu(['To do'], 'Cancel Tasks');
    const said = await workbench.answerDialog('Cancel');
    expect(said).toContain('Cancel 30 tasks of queue "default"?');
    expect(await lasting()).toEqual(before);
    await tree().contextMenu(['To do'], 'Cancel Tasks');
    await workbench.answerDialog('Cancel Tasks');
    await workbench.notice('30 tasks cancelled');
    expect(await redis.exists('todo_tasks')).toBe(0);
    expect(await keysOf('in_progress_tasks')).toEqual(RUNS);
    expect(await keysOf('failed_tasks')).toEqual(sorted([...ALIKE, OTHER, ...WAITS]));
  });

  it('cancels one by its icon, and undo asks which of two actions is meant', async () => {
    await tree().clickInline('run a', 'Cancel Tasks');
    await workbench.notice('1 task cancelled');
    await until(async () => (await countOf('Failed')) === '5');
    await tree().contextMenu(['run b'], 'Cancel Tasks');
    await until(async () => !(await redis.exists('in_progress_tasks')));
    await until(async () => (await redis.zcard('distcomp:undo')) === 2);
    // Until it has asked again for the rows, VS Code would call the command without the one of its menu.
    await until(async () => (await countOf('Failed')) === '6');
    await tree().contextMenu([ALIKE[0]?.slice(12) ?? ''], 'Retry');
    await workbench.notice('1 task queued for retry');
    await workbench.runCommand('DistComp: Undo');
    expect(await workbench.pickLabels()).toEqual([
      ...['Retry of 1 task', 'Cancel of 1 task', 'Cancel of 1 task'],
    ]);
    const items = workbench.page.locator('.quick-input-widget .monaco-list-row');
    expect(await items.nth(0).textContent()).toContain('alike 1');
    expect(await items.nth(2).textContent()).toContain('run a');
    await workbench.screenshot('undo-dark');
    await workbench.pick('Retry of 1 task');
    expect(await workbench.notice('marked failed again')).toContain('1 task marked failed again');
    expect(await keysOf('failed_tasks')).toEqual(sorted([...ALIKE, OTHER, ...RUNS]));
  });
});

describe('pausing', () => {
  it('is offered while the queue goes on, and resuming while it is paused', async () => {
    const offered = () => tree().contextMenuItems(['default']);
    await tree().contextMenu(['default'], 'Pause');
    await workbench.notice('Queue "default" is paused: 30 to do, 2 in progress.');
    expect(await redis.exists('distcomp:paused')).toBe(1);
    await until(async () => (await offered()).includes('Resume'));
    expect(await offered()).not.toContain('Pause');
    await workbench.answerNotice('is paused', 'Resume');
    await workbench.notice('Queue "default" goes on: 30 to do.');
    expect(await redis.exists('distcomp:paused')).toBe(0);
    await until(async () => (await offered()).includes('Pause'));
  });
});

describe('removing what finished', () => {
  it('says what goes, changes nothing when it is refused, and is undone', async () => {
    const before = await lasting();
    const remove = () => tree().contextMenu(['Finished'], 'Remove Finished');
    await remove();
    expect(await workbench.answerDialog('Cancel')).toContain(
      'Remove 2 finished tasks from queue "default"? Their results go. Can be undone for 10 minutes.',
    );
    expect(await lasting()).toEqual(before);

    await remove();
    await workbench.answerDialog('Remove Finished');
    await workbench.notice('2 finished tasks removed');
    expect(await redis.exists('finished_tasks')).toBe(0);
    expect(await keysOf('distcomp:attempts')).toEqual(sorted([...ALIKE, OTHER]));
    expect(await keysOf('failed_tasks')).toEqual(sorted([...ALIKE, OTHER]));
    expect(await keysOf('todo_tasks')).toEqual(sorted(WAITS));
    await until(async () => (await countOf('Finished')) === '0');
    await workbench.answerNotice('2 finished tasks removed', 'Undo');
    await workbench.notice('2 finished tasks restored');
    expect(await redis.hgetall('finished_tasks')).toEqual(before.finished_tasks);
    expect(await redis.hgetall('distcomp:attempts')).toEqual(before['distcomp:attempts']);
  });
});

describe('retrying', () => {
  it('all that failed in the same way leaves the others failed', async () => {
    await tree().contextMenu(['like 2'], 'Retry All of the Same Signature');
    await workbench.notice('3 tasks queued for retry');
    expect(await redis.hkeys('failed_tasks')).toEqual([OTHER]);
    expect(await keysOf('todo_tasks')).toEqual(sorted([...ALIKE, ...WAITS]));
  });

  it('by signature asks from the palette which kind, and leaves the others failed', async () => {
    await workbench.runCommand('DistComp: Retry All of the Same Signature');
    const kinds = await workbench.pickLabels();
    expect(kinds).toHaveLength(2);
    expect(kinds[0]).toContain('exit 1');
    await workbench.screenshot('retry-signature-dark');
    await workbench.pick(kinds[0] ?? '');
    await workbench.notice('3 tasks queued for retry');
    expect(await redis.hkeys('failed_tasks')).toEqual([OTHER]);
    expect(await keysOf('todo_tasks')).toEqual(sorted([...ALIKE, ...WAITS]));
  });

  it('with more memory suggests some, and asks for what is written', async () => {
    const records = JSON.stringify({ worker: 'w~1', start: 1, end: 2, exit: 2, peakMb: 4_096 });
    await redis.hset('distcomp:attempts', OTHER, `1 ${records}\n`);
    await tree().contextMenu(['other'], 'Retry with More Memory…');
    const input = workbench.page.locator('.quick-input-widget .quick-input-box input');
    await until(async () => (await input.inputValue()) === '6', { describe: 'a suggestion' });
    await workbench.screenshot('more-memory-dark');
    await workbench.type('Peak so far: 4.0 GB.', '12');
    await workbench.notice('1 task queued for retry with 12 GB or more');
    expect(await redis.hgetall('distcomp:needs')).toEqual({ [OTHER]: '12' });
  });

  it('100,000 says how many, and stops midway with the rest failed', async () => {
    await failMany();
    const goOn = await slowDown(server);
    try {
      await tree().contextMenu(['Failed'], 'Retry');
      const notice = workbench.page.locator('.notifications-toasts .notification-list-item', {
        hasText: 'Retrying 100,000 failed tasks',
      });
      await until(async () => (await redis.hlen('todo_tasks')) > WAITS.length);
      const cancel = notice.locator('.monaco-button', { hasText: 'Cancel' });
      await cancel.waitFor();
      const links = notice.locator('.notification-list-item-message a');
      expect(await links.allInnerTexts()).toEqual(['Show Log']);
      await workbench.screenshot('retry-many-dark');
      await cancel.click();
      await workbench.notice('stopped:');
    } finally {
      await goOn();
    }
    await toldAndUndone('stopped:');
  });

  it('100,000 while Redis becomes full tells what was done, which can be undone', async () => {
    await failMany();
    const full = afterNextChange(server.client(), 'CONFIG', 'SET', 'maxmemory', '1');
    await tree().contextMenu(['Failed'], 'Retry');
    await full;
    await workbench.notice('It ended there: OOM');
    await redis.config('SET', 'maxmemory', '0');
    await toldAndUndone('It ended there');
  });
});

describe('undoing', () => {
  it('is an icon of the view while something can be undone', async () => {
    const before = await lasting();
    const icon = workbench.page.locator(
      '.pane-header .action-item .action-label[aria-label="Undo"]',
    );
    await until(async () => (await icon.count()) === 0 || (await isDisabled(icon)));
    await tree().clickInline('run a', 'Cancel Tasks');
    await workbench.notice('1 task cancelled');
    await until(async () => (await icon.count()) > 0 && !(await isDisabled(icon)));
    await tree().clickTitle('Undo');
    await workbench.notice('1 task queued again');
    expect(await keysOf('failed_tasks')).toEqual(Object.keys(before.failed_tasks ?? {}).sort());
    expect(await keysOf('todo_tasks')).toContain(RUNS[0]);
  });

  it('100,000 stops midway, says how many are left, and goes on with these', async () => {
    await failMany();
    await tree().contextMenu(['default'], 'Clear Queue');
    await workbench.answerDialog('Clear Queue');
    await workbench.notice('100,034 tasks removed');
    const goOn = await slowDown(server);
    try {
      await workbench.runCommand('DistComp: Undo');
      const notice = workbench.page.locator('.notifications-toasts .notification-list-item', {
        hasText: 'Undoing clear of 100,034 tasks',
      });
      await until(() => redis.exists('failed_tasks'));
      await notice.locator('.monaco-button', { hasText: 'Cancel' }).click();
      await workbench.notice('stopped with');
    } finally {
      await goOn();
    }
    const hashes = ['todo_tasks', 'failed_tasks', 'finished_tasks'];
    const back = await Promise.all(hashes.map(hash => redis.hlen(hash)));
    const restored = back.reduce((sum, count) => sum + count, 0);
    const left = (100_034 - restored).toLocaleString('en-US');
    expect(await workbench.notice('stopped with')).toContain(
      `${restored.toLocaleString('en-US')} tasks restored · stopped with ${left} left: undo again`,
    );
    await workbench.answerNotice('stopped with', 'Undo');
    await workbench.notice(`${left} tasks restored`);
    expect(await redis.hlen('failed_tasks')).toBe(100_000);
    expect(await keysOf('todo_tasks')).toEqual(sorted([...RUNS, ...WAITS]));
    expect(await redis.zcard('distcomp:undo')).toBe(0);
  });
});

const isDisabled = async (icon: Locator) =>
  (await icon.first().getAttribute('aria-disabled')) === 'true';

describe('Why Is It Waiting?', () => {
  it('asks which one is meant of several that are selected', async () => {
    await tree().expand('To do');
    await tree().contextMenu(['3 waits', '4 waits'], 'Why Is It Waiting?');
    expect((await workbench.pickLabels()).sort()).toEqual(['3 waits', '4 waits']);
    await workbench.pick('4 waits');
    const title = workbench.page.locator('.quick-input-title');
    await until(async () => (await title.innerText()) === 'Why Is It Waiting? 4 waits');
    await workbench.page.keyboard.press('Escape');
  });
});

/** Besides the four that failed before. */
async function failMany(): Promise<void> {
  const many = Array.from({ length: 99_996 }, (_, i) => [task(`many ${i}`), 'w~1,'] as const);
  for (let i = 0; i < many.length; i += 10_000) {
    await redis.hset('failed_tasks', Object.fromEntries(many.slice(i, i + 10_000)));
  }
}

/** The notice with this text tells how many of 100,000 were retried, and its button takes them back. */
async function toldAndUndone(text: string): Promise<void> {
  const said = await workbench.notice(text);
  const again = (await redis.hlen('todo_tasks')) - WAITS.length;
  const failed = await redis.hlen('failed_tasks');
  expect(again + failed).toBe(100_000);
  expect(again).toBeGreaterThan(0);
  expect(failed).toBeGreaterThan(0);
  const number = (count: number) => count.toLocaleString('en-US');
  expect(said).toContain(
    `${number(again)} tasks queued for retry · stopped: ${number(failed)} stay failed`,
  );
  await workbench.answerNotice(text, 'Undo');
  await until(async () => (await redis.hlen('failed_tasks')) === 100_000);
  await workbench.notice(`${number(again)} tasks marked failed again`);
  expect(await keysOf('todo_tasks')).toEqual(sorted(WAITS));
}

describe('exporting', () => {
  it('writes what finished to the file that was named, in the format of its name', async () => {
    for (const name of ['results.csv', 'results.jsonl']) {
      await tree().contextMenu(['Finished'], 'Export Results…');
      await saveAs(join(workspace, name));
      await workbench.notice(`2 tasks exported to ${name}`);
    }
    const lines = (await readFile(join(workspace, 'results.jsonl'), 'utf8')).trimEnd().split('\n');
    const tasks: { task: string; result: string }[] = lines.map(line => JSON.parse(line));
    expect(sorted(tasks.map(each => each.task))).toEqual(FINISHED);
    expect(tasks[0]?.result).toBe('loss, 0.1');
    const csv = await readFile(join(workspace, 'results.csv'), 'utf8');
    expect(csv).toMatch(/^id,state,task,/);
    expect(csv.match(/,"loss, 0\.1",\r\n/g)?.length).toBe(2);
  });

  it('writes what is selected: several states, or single tasks', async () => {
    const exported = async (name: string) => {
      await workbench.notice(`exported to ${name}`);
      const lines = (await readFile(join(workspace, name), 'utf8')).trimEnd().split('\n');
      return lines.map((line): string => JSON.parse(line).task).sort();
    };
    await tree().contextMenu(['Failed', 'Finished'], 'Export Results…');
    await saveAs(join(workspace, 'states.jsonl'), 'default-failed-finished.csv');
    expect(await exported('states.jsonl')).toEqual(sorted([...ALIKE, OTHER, ...FINISHED]));
    await tree().expand('Failed');
    await tree().contextMenu(['like 2', 'other'], 'Export Results…');
    await saveAs(join(workspace, 'tasks.jsonl'), 'default-tasks.csv');
    expect(await exported('tasks.jsonl')).toEqual(sorted([ALIKE[1] ?? '', OTHER]));
  });
});

/** Names a file in the dialog that a workbench in a browser has. */
async function saveAs(path: string, offered = 'default-finished.csv'): Promise<void> {
  const dialog = workbench.page.locator('.quick-input-widget');
  await dialog.locator('.quick-input-title', { hasText: 'Export Results' }).waitFor();
  const input = dialog.locator('.quick-input-box input');
  // It is filled once the folder was read.
  await until(async () => (await input.inputValue()).endsWith(offered));
  await input.fill(path);
  await input.press('Enter');
  await dialog.waitFor({ state: 'hidden' });
}

/** What stands after the name of a state in the tree. */
async function countOf(state: string): Promise<string> {
  const rows = await tree().rows();
  return rows.find(row => row.label === state)?.description.split(' ')[0] ?? '';
}
