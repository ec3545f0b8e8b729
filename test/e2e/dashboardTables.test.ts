/** The tables of the dashboard: on a queue with 200 workers, and with more tasks than a page can hold. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/queue/connection';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { Actor } from '../setup/actor';
import { startRedis, type TestRedis } from '../setup/redis';
import { until } from '../setup/until';
import { rememberViolations } from '../vscode/runner/browser.mjs';
import { dashboardPage, showPart } from './dashboardPage';
import { startWorkbench, type Workbench } from './workbench';

const WORKERS = 200;
const HOSTILE = '<img src=x onerror=alert(1)>\u202e';

let server: TestRedis;
let queue: Queue;
let workbench: Workbench;
let workspace: string;
let violations: () => Promise<string[]>;
let page: Frame;

beforeAll(async () => {
  server = await startRedis({ appendonly: true });
  queue = new Queue(await connect({ url: server.url }, 'test'), 'default');
  await submit(queue, lines(0, 1_000));
  const actors = await Promise.all(
    Array.from({ length: WORKERS }, (_, i) => Actor.start(queue, `w${i + 1}~1`, { lanes: 8 })),
  );
  await Promise.all(actors.map(actor => actor.renew()));
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-tables-'));
  workbench = await startWorkbench({ workspace, settings: { 'distcomp.redis.url': server.url } });
  violations = await rememberViolations(workbench.page);
  await workbench.runCommand('DistComp: Open Dashboard');
  page = await dashboardPage(workbench);
});
afterAll(async () => {
  await workbench?.close();
  queue?.redis.disconnect();
  await server?.stop();
  await rm(workspace, { recursive: true, force: true });
});

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `shell:1:0:0:./train --seed ${from + i} ${HOSTILE}`);

const grid = (name: string) => page.locator(`.grid.${name}`);
const rows = (name: string) => grid(name).locator('.body [role="row"]');
const texts = async (row: Locator) => row.locator('.cell').allInnerTexts();
const sentence = () => page.locator('.table > .sentence:visible').innerText();
const button = (text: string) => page.locator('.toolbar vscode-button:visible', { hasText: text });
const head = (name: string, title: string) =>
  grid(name).locator('[role="columnheader"]', { hasText: title });

/** What stands in the row at a place, counted from 0. */
const rowAt = (name: string, index: number) =>
  grid(name).locator(`.body [role="row"][aria-rowindex="${index + 2}"]`);

describe('the table of workers', () => {
  it('has them all, and few of their rows in the page', async () => {
    await showPart(page, 'Workers');
    await until(async () => (await grid('workers').getAttribute('aria-rowcount')) === '201');
    await until(async () => (await texts(rowAt('workers', 0)))[0] === 'w1~1');
    expect((await texts(rowAt('workers', 9)))[0]).toBe('w10~1');
    expect(await rows('workers').count()).toBeLessThan(60);
    await workbench.screenshot('dashboard-workers-dark');
  });

  it('is sorted by what one clicks at, and walked by the keyboard', async () => {
    await head('workers', 'Worker').locator('button').click();
    await head('workers', 'Worker').locator('button').click();
    await until(async () => (await texts(rowAt('workers', 0)))[0] === 'w200~1');
    expect(await head('workers', 'Worker').getAttribute('aria-sort')).toBe('descending');
    await grid('workers').focus();
    await workbench.page.keyboard.press('End');
    await until(async () => (await texts(rowAt('workers', 199)))[0] === 'w1~1');
    const active = await grid('workers').getAttribute('aria-activedescendant');
    expect(await rowAt('workers', 199).getAttribute('id')).toBe(active);
    await workbench.page.keyboard.press('Home');
    await until(async () => (await texts(rowAt('workers', 0)))[0] === 'w200~1');
    expect(await rows('workers').count()).toBeLessThan(60);
  });

  it('drains those that are selected, and no others', async () => {
    await grid('workers').focus();
    await workbench.page.keyboard.press(' ');
    await workbench.page.keyboard.press('ArrowDown');
    await workbench.page.keyboard.press('ArrowDown');
    await workbench.page.keyboard.press(' ');
    expect(await page.locator('.selected:visible').innerText()).toBe('2 selected');
    expect(await button('Show Log').getAttribute('disabled')).not.toBeNull();
    await button('Drain').click();
    await until(async () => (await queue.redis.scard(queue.keys.draining)) > 0);
    expect((await queue.redis.smembers(queue.keys.draining)).sort()).toEqual(['w198~1', 'w200~1']);
    await until(async () => (await texts(rowAt('workers', 0)))[1]?.includes('draining'));
  });

  it('says of a worker whose host is not known here what can be done', async () => {
    await button('Stop Host').click();
    await workbench.notice('This window knows no host that w200~1, w198~1 runs on');
  });
});

describe('the table of tasks', () => {
  it('has more than it has loaded, in the order of service', async () => {
    await showPart(page, 'Tasks');
    await choose('To do');
    await until(async () => (await grid('tasks').getAttribute('aria-rowcount')) === '1001');
    await until(async () => (await texts(rowAt('tasks', 0)))[0]?.startsWith('./train --seed 0 '));
    // As text, with what would turn the direction of reading shown.
    expect((await texts(rowAt('tasks', 0)))[0]).toContain('<img src=x onerror=alert(1)><U+202E>');
    expect(await sentence()).toBe('In the order of service.');
    expect(await rows('tasks').count()).toBeLessThan(60);
    await workbench.screenshot('dashboard-tasks-dark');
  });

  it('loads what one walks to, and stands still there', async () => {
    await grid('tasks').focus();
    await until(
      async () => {
        await workbench.page.keyboard.press('End');
        return (await texts(rowAt('tasks', 999)))[0]?.startsWith('./train --seed 999 ');
      },
      { describe: 'the last task' },
    );
    expect(await sentence()).toContain('Stands still');
    await submit(queue, ['shell:9:0:0:first of all']);
    await until(async () => (await grid('tasks').getAttribute('aria-rowcount')) === '1002');
    expect((await texts(rowAt('tasks', 999)))[0]).toContain('--seed 999 ');
    await workbench.page.keyboard.press('Home');
    await page.locator('.sentence:visible').first().click();
    await page.locator('h1').click();
    await until(async () => (await texts(rowAt('tasks', 0)))[0] === 'first of all');
  });

  it('is narrowed down by a search, of which all are cancelled and nothing else', async () => {
    const field = page.locator('vscode-text-field input');
    await field.fill('--seed 77');
    await until(async () => (await sentence()).startsWith('11 found in 1,001 tasks.'));
    await grid('tasks').focus();
    await workbench.page.keyboard.press('Control+a');
    expect(await page.locator('.selected:visible').innerText()).toBe('11 selected');
    await workbench.screenshot('dashboard-search-dark');
    await button('Cancel').click();
    expect(await workbench.answerDialog('Cancel Tasks')).toContain('11 tasks');
    await until(async () => (await queue.redis.hlen('failed_tasks')) === 11);
    const cancelled = await queue.redis.hkeys('failed_tasks');
    expect(cancelled.every(line => line.includes('--seed 77'))).toBe(true);
    // They are not to do any more, and stay in their places until one looks elsewhere.
    await until(async () => (await rows('tasks').first().getAttribute('data-mark')) === 'gone');
    await field.fill('');
    await until(async () => (await sentence()) === 'In the order of service.');
  });

  it('sorts what is loaded by another column, and says so', async () => {
    await choose('Failed');
    await until(async () => (await grid('tasks').getAttribute('aria-rowcount')) === '12');
    expect(await sentence()).toBe('The newest come first.');
    await head('tasks', 'Command').locator('button').click();
    await until(async () => (await sentence()) === 'By Command.');
    await until(async () => (await texts(rowAt('tasks', 0)))[0]?.startsWith('./train --seed 77 '));
    expect((await texts(rowAt('tasks', 1)))[0]).toContain('--seed 770 ');
  });

  it('retries those that are selected, and opens the output of one by a click', async () => {
    await rowAt('tasks', 1).locator('.check').click();
    await rowAt('tasks', 3).click({ modifiers: ['Shift'] });
    expect(await page.locator('.selected:visible').innerText()).toBe('3 selected');
    await button('Retry').click();
    await until(async () => (await queue.redis.hlen('failed_tasks')) === 8);
    const failed = await queue.redis.hkeys('failed_tasks');
    const seeds = failed.map(line => Number(/--seed (\d+)/.exec(line)?.[1])).sort((a, b) => a - b);
    expect(seeds).toEqual([77, 773, 774, 775, 776, 777, 778, 779]);
    await rowAt('tasks', 0).locator('.cell').first().click();
    await until(async () => (await workbench.editorText()).includes('--seed 77 '));
    expect(await violations()).toEqual([]);
  });
});

/** Picks the state of the tasks that are shown. */
async function choose(state: string): Promise<void> {
  await page.locator('.toolbar vscode-dropdown').click();
  await page.locator('.toolbar vscode-option', { hasText: state }).click();
}
