/** The tables of the dashboard, on a queue with 200 workers and with more tasks than a page can hold. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/queue/connection';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { startRedis, type TestRedis } from '../setup/redis';
import { until } from '../setup/until';
import {
  cellsOf,
  chooseState,
  DashboardWindow,
  dashboardPage,
  showDashboard,
  showPart,
  tableButton,
  tableRow,
} from './dashboardPage';
import { HOSTILE, manyWorkers } from './manyWorkers';
import type { Workbench } from './workbench';

let server: TestRedis;
let queue: Queue;
let dashboard: DashboardWindow;
let workbench: Workbench;
let page: Frame;

beforeAll(async () => {
  server = await startRedis({ appendonly: true });
  queue = new Queue(await connect({ url: server.url }, 'test'), 'default');
  await submit(queue, lines(0, 1_000));
  await manyWorkers(queue);
  dashboard = await DashboardWindow.start(server.url);
  ({ workbench } = dashboard);
  await writeFile(join(dashboard.workspace, 'other.tasks'), '');
  await workbench.runCommand('DistComp: Open Dashboard');
  page = await dashboardPage(workbench);
  await page.evaluate(`{
    window.messages = [];
    window.since = performance.now();
    addEventListener('message', ({ data }) => messages.push(JSON.stringify(data).length));
  }`);
});
afterAll(async () => {
  await dashboard?.close();
  queue?.redis.disconnect();
  await server?.stop();
});

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `shell:1:0:0:./train --seed ${from + i} ${HOSTILE}`);

const grid = (name: string) => page.locator(`.grid.${name}`);
const rows = (name: string) => grid(name).locator('.body [role="row"]');
const texts = cellsOf;
const sentence = () => page.locator('.table > .sentence:visible').innerText();
const button = (text: string) => tableButton(page, text);
const head = (name: string, title: string) =>
  grid(name).locator('[role="columnheader"]', { hasText: title });

const rowAt = (name: string, index: number) => tableRow(page, name, index);

describe('the table of workers', () => {
  it('has them all, and few of their rows in the page', async () => {
    await showPart(page, 'Workers');
    await until(async () => (await grid('workers').getAttribute('aria-rowcount')) === '201');
    await until(async () => (await texts(rowAt('workers', 0)))[0] === 'w1~1');
    // The first rows are drawn before it is known how many are in sight.
    await until(async () => (await texts(rowAt('workers', 9)))[0] === 'w10~1');
    expect(await rows('workers').count()).toBeLessThan(60);
    await dashboard.screenshot('dashboard-workers-dark');
  });

  it('tells which of them do otherwise than the rest, and puts them first on request', async () => {
    await until(async () => (await sentence()) === '200 workers, something is wrong with 2.');
    await head('workers', 'State').locator('button').click();
    const states = async () =>
      Promise.all([0, 1, 2].map(async i => (await texts(rowAt('workers', i))).slice(0, 2)));
    await until(async () => (await states())[0]?.[1] !== 'live');
    expect(await states()).toEqual([
      ['w7~1', 'fails 36 of 40'],
      ['w8~1', '3 times slower than the rest'],
      ['w1~1', 'live'],
    ]);
    expect(await rowAt('workers', 0).getAttribute('data-mark')).toBe('problem');
    await dashboard.screenshot('dashboard-outliers-dark');
  });

  it('shows what others wrote as text, in its place', async () => {
    await head('workers', 'Worker').locator('button').click();
    const row = grid('workers').locator('.body [role="row"]', { hasText: 'w150' });
    // A wheel that is turned until it comes may turn on beyond it, before the first turn is drawn.
    await page.evaluate(`{
      const scroller = document.querySelector('.grid.workers .scroller');
      scroller.scrollTop = 0.72 * scroller.scrollHeight;
    }`);
    await until(async () => (await row.count()) > 0);
    expect((await texts(row))[0]).toBe('w150<img src=x onerror=alert(1)><U+202E>␛[31m~1');
    const height = async (each: Locator) => (await each.boundingBox())?.height;
    expect(await height(row)).toBe(await height(rows('workers').first()));
    expect(await dashboard.violations()).toEqual([]);
    await head('workers', 'Worker').locator('button').click();
  });

  it('is sorted by what one clicks at, and walked by the keyboard', async () => {
    await grid('workers').focus();
    await workbench.page.keyboard.press('Home');
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
    expect(await workbench.answerDialog('Drain')).toContain('Drain 2 workers?');
    await until(async () => (await queue.redis.scard(queue.keys.draining)) > 0);
    expect((await queue.redis.smembers(queue.keys.draining)).sort()).toEqual(['w198~1', 'w200~1']);
    await until(async () => (await texts(rowAt('workers', 0)))[1]?.includes('draining'));
  });

  it('copies their names', async () => {
    await button('Copy Name').click();
    await until(async () => (await workbench.clipboard()) === 'w200~1\nw198~1');
  });

  it('says of a worker whose host is not known here what can be done', async () => {
    await button('Stop Host').click();
    await workbench.notice('This window knows no host that w200~1, w198~1 runs on');
  });
});

describe('the table of tasks', () => {
  it('has more than it has loaded, in the order of service', async () => {
    await showPart(page, 'Tasks');
    await chooseState(page, 'To do');
    await until(async () => (await grid('tasks').getAttribute('aria-rowcount')) === '1001');
    await until(async () => (await texts(rowAt('tasks', 0)))[0]?.startsWith('./train --seed 0 '));
    // As text, with what would turn the direction of reading shown.
    expect((await texts(rowAt('tasks', 0)))[0]).toContain(
      '<img src=x onerror=alert(1)><U+202E>␛[31m',
    );
    expect(await sentence()).toBe('In the order of service.');
    expect(await rows('tasks').count()).toBeLessThan(60);
    await dashboard.screenshot('dashboard-tasks-dark');
  });

  it('says why a task waits that one clicks at, and has its line for a task file', async () => {
    await rowAt('tasks', 2).locator('.cell').first().click();
    const title = workbench.page.locator('.quick-input-title', { hasText: '--seed 2 ' });
    await title.waitFor();
    await workbench.page.keyboard.press('Escape');
    await title.waitFor({ state: 'hidden' });
    await rowAt('tasks', 2).locator('.check').click();
    await button('Copy').click();
    await until(async () => (await workbench.clipboard()) === `${lines(2, 3)[0]}\n`);
  });

  it('stands still while some are selected, whose exact number is asked about', async () => {
    await grid('tasks').focus();
    await workbench.page.keyboard.press('Control+a');
    expect(await page.locator('.selected:visible').innerText()).toBe('200 selected');
    await page.locator('h1').click();
    const first = Array.from({ length: 5 }, (_, i) => `shell:9:0:0:before all ${i}`);
    await submit(queue, first);
    await until(async () => (await grid('tasks').getAttribute('aria-rowcount')) === '1006');
    expect((await texts(rowAt('tasks', 0)))[0]).toContain('--seed 0 ');
    await button('Cancel').click();
    expect(await workbench.answerDialog('Cancel')).toContain('200 tasks');
    expect(await queue.redis.hlen('failed_tasks')).toBe(0);
    // It follows the queue again.
    await until(async () => (await texts(rowAt('tasks', 0)))[0] === 'before all 0');
    await grid('tasks').focus();
    await workbench.page.keyboard.press('Home');
    for (let i = 0; i < first.length; i++) {
      await workbench.page.keyboard.press(i === 0 ? ' ' : 'Shift+ArrowDown');
    }
    await button('Cancel').click();
    await until(async () => (await queue.redis.hlen('failed_tasks')) === 5);
    expect((await queue.redis.hkeys('failed_tasks')).sort()).toEqual(first);
    await queue.redis.del('failed_tasks');
    await page.locator('h1').click();
    await until(async () => (await texts(rowAt('tasks', 0)))[0]?.startsWith('./train --seed 0 '));
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
    // A command is as long as an argument may be; of it a row shows a little.
    await submit(queue, [`shell:9:0:0:first of all ${'x'.repeat(100_000)}`]);
    await until(async () => (await grid('tasks').getAttribute('aria-rowcount')) === '1002');
    expect((await texts(rowAt('tasks', 999)))[0]).toContain('--seed 999 ');
    await workbench.page.keyboard.press('Home');
    await page.locator('.sentence:visible').first().click();
    await page.locator('h1').click();
    await until(async () => (await texts(rowAt('tasks', 0)))[0]?.startsWith('first of all xxx'));
    expect((await texts(rowAt('tasks', 0)))[0]).toHaveLength(200);
  });

  it('is narrowed down by a search, of which all are cancelled and nothing else', async () => {
    const field = page.locator('vscode-text-field input');
    await field.fill('--seed 77');
    await until(async () => (await sentence()).startsWith('11 found in 1,001 tasks.'));
    await grid('tasks').focus();
    await workbench.page.keyboard.press('Control+a');
    expect(await page.locator('.selected:visible').innerText()).toBe('11 selected');
    await dashboard.screenshot('dashboard-search-dark');
    await button('Cancel').click();
    expect(await workbench.answerDialog('Cancel Tasks')).toContain('11 tasks');
    await until(async () => (await queue.redis.hlen('failed_tasks')) === 11);
    const cancelled = await queue.redis.hkeys('failed_tasks');
    expect(cancelled.every(line => line.includes('--seed 77'))).toBe(true);
    // They are not to do any more, and stay in their places until one looks elsewhere.
    await until(async () => (await rows('tasks').first().getAttribute('data-mark')) === 'gone');
    await field.fill('');
    await until(
      async () =>
        (await sentence()) ===
        'In the order of service. Long texts are shortened: Copy has the whole line.',
    );
  });

  it('sorts what is loaded by another column, and says so', async () => {
    await chooseState(page, 'Failed');
    await until(async () => (await grid('tasks').getAttribute('aria-rowcount')) === '12');
    expect(await sentence()).toBe('The newest come first.');
    await head('tasks', 'Command').locator('button').click();
    await until(async () => (await sentence()) === 'By Command.');
    await until(async () => (await texts(rowAt('tasks', 0)))[0]?.startsWith('./train --seed 77 '));
    expect((await texts(rowAt('tasks', 1)))[0]).toContain('--seed 770 ');
  });

  it('shows little of a result of ten million bytes', async () => {
    const line = 'shell:1:0:0:./print';
    const result = `w1: "${'y'.repeat(10_000_000)}"`;
    await queue.redis.hset('finished_tasks', line, result);
    await chooseState(page, 'Finished');
    await until(async () => (await texts(rowAt('tasks', 0)))[0] === './print');
    expect((await texts(rowAt('tasks', 0)))[1]).toMatch(/^y+…y+$/);
    expect((await texts(rowAt('tasks', 0)))[1]).toHaveLength(200);
    expect(await sentence()).toContain('Long texts are shortened');
    await dashboard.screenshot('dashboard-finished-dark');
    await queue.redis.del('finished_tasks');
    await chooseState(page, 'Failed');
    await head('tasks', 'Command').locator('button').click();
    await until(async () => (await texts(rowAt('tasks', 1)))[0]?.includes('--seed 770 '));
  });

  it('costs a bounded number of messages of bounded length', async () => {
    const { count, longest, seconds } = await page.evaluate<{
      count: number;
      longest: number;
      seconds: number;
    }>(
      `({ count: messages.length, longest: Math.max(...messages), seconds: (performance.now() - since) / 1000 })`,
    );
    expect(count).toBeGreaterThan(10);
    expect(count).toBeLessThanOrEqual(4 * seconds + 4);
    expect(longest).toBeLessThan(65_536);
  });

  it('retries those that are selected, and opens the output of one by a click', async () => {
    await rowAt('tasks', 1).locator('.check').click();
    await rowAt('tasks', 3).click({ modifiers: ['Shift'] });
    expect(await page.locator('.selected:visible').innerText()).toBe('3 selected');
    await button('More Memory…').click();
    const title = workbench.page.locator('.quick-input-title');
    await title.filter({ hasText: 'Retry with More Memory: 3 failed tasks' }).waitFor();
    await workbench.page.keyboard.press('Escape');
    await title.waitFor({ state: 'hidden' });
    await button('Retry').click();
    await until(async () => (await queue.redis.hlen('failed_tasks')) === 8);
    const failed = await queue.redis.hkeys('failed_tasks');
    const seeds = failed.map(line => Number(/--seed (\d+)/.exec(line)?.[1])).sort((a, b) => a - b);
    expect(seeds).toEqual([77, 773, 774, 775, 776, 777, 778, 779]);
    // Rows hold still under the pointer.
    await workbench.page.mouse.move(0, 0);
    await until(async () => (await texts(rowAt('tasks', 1))).join(' ').includes('--seed 773'));
    await rowAt('tasks', 0).locator('.cell').first().click();
    // Beside the table, which one goes on walking through.
    await until(async () => (await workbench.editorTextBeside()).includes('--seed 77 '));
    await workbench.page.keyboard.press('ArrowDown');
    await workbench.page.keyboard.press('Enter');
    await until(async () => (await workbench.editorTextBeside()).includes('--seed 773 '));
    await dashboard.screenshot('dashboard-beside-dark');
    expect(await dashboard.violations()).toEqual([]);
    await workbench.page.locator('.tab', { hasText: '.log' }).click();
    await workbench.runCommand('View: Close Editor');
  });
});

describe('the page', () => {
  it.each([
    ['light', 'Light Modern', 'vs'],
    ['contrast', 'Dark High Contrast', 'hc-black'],
    ['contrast-light', 'Light High Contrast', 'hc-light'],
    ['dark', 'Dark Modern', 'vs-dark'],
  ])('can be read in %s', async (name, theme, className) => {
    await workbench.setTheme(theme, className);
    page = await showDashboard(workbench);
    await showPart(page, 'Workers');
    await until(async () => (await rows('workers').count()) > 0);
    if ((await rowAt('workers', 1).getAttribute('aria-selected')) !== 'true') {
      await rowAt('workers', 1).locator('.check').click();
    }
    await dashboard.screenshot(`dashboard-workers-${name}`);
    expect(await dashboard.violations()).toEqual([]);
  });

  it('fits into a narrow column, and at twice the size', async () => {
    const { page: window } = workbench;
    await window.setViewportSize({ width: 700, height: 450 });
    for (const part of ['Failures', 'Workers', 'Tasks']) {
      await showPart(page, part);
      await dashboard.screenshot(`dashboard-narrow-${part.toLowerCase()}`);
      // A table that is wider than the page scrolls by itself.
      const widths = '[document.documentElement.scrollWidth, document.documentElement.clientWidth]';
      const right = 'Math.max(0, ...buttons.map(each => each.getBoundingClientRect().right))';
      const buttons = `[...document.querySelectorAll('.toolbar vscode-button')]`;
      // The page follows the window, and what is in it the page.
      await until(async () => {
        const [content = 0, room = 0] = await page.evaluate<number[]>(widths);
        expect(room).toBeLessThan(700);
        expect(content, part).toBeLessThanOrEqual(room);
        const edge = await page.evaluate<number>(`{ const buttons = ${buttons}; ${right} }`);
        expect(edge, part).toBeLessThan(room);
        return true;
      });
    }
    await window.setViewportSize({ width: 1400, height: 900 });
  });

  it('is used by the keyboard alone', async () => {
    const { keyboard } = workbench.page;
    await showPart(page, 'Failures');
    await page.locator('.controls vscode-dropdown').focus();
    await keyboard.press('Tab');
    await keyboard.press('ArrowRight');
    await keyboard.press('ArrowRight');
    await page.locator('vscode-panel-tab[aria-selected="true"]', { hasText: 'Tasks' }).waitFor();
    await until(async () => (await rows('tasks').count()) > 0);
    const focused = () => page.evaluate<string>('document.activeElement.className');
    await until(
      async () => {
        await keyboard.press('Tab');
        return (await focused()).startsWith('grid ');
      },
      { describe: async () => `the table to have the focus, it is at ${await focused()}` },
    );
    await keyboard.press(' ');
    await keyboard.press('Shift+ArrowDown');
    expect(await page.locator('.selected:visible').innerText()).toBe('2 selected');
    await keyboard.press('Escape');
    expect(await page.locator('.tasks [aria-selected="true"]').count()).toBe(0);
  });
});
