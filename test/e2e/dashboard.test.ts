import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/queue/connection';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { Actor } from '../setup/actor';
import { startRedis, type TestRedis } from '../setup/redis';
import { until } from '../setup/until';
import { DashboardWindow, dashboardPage, showPart } from './dashboardPage';
import type { Workbench } from './workbench';

const HOSTILE = '<img src=x onerror=alert(1)>\u202e\u001b[31m';

let server: TestRedis;
let queue: Queue;
let shown: DashboardWindow;
let workbench: Workbench;

beforeAll(async () => {
  server = await startRedis({ appendonly: true });
  queue = new Queue(await connect({ url: server.url }, 'test'), 'default');
  await fill();
  shown = await DashboardWindow.start(server.url);
  ({ workbench } = shown);
});
afterAll(async () => {
  await shown?.close();
  queue?.redis.disconnect();
  await server?.stop();
});

const lines = (count: number, word: string) =>
  Array.from(
    { length: count },
    (_, i) => `shell:1:0:0:echo ${word} ${i} ${HOSTILE.replaceAll('\u001b', '')}`,
  );

/** 12 tasks: 5 finished, 2 failed, 3 in progress, 2 to do; an hour of minutes, and one to come. */
async function fill(): Promise<void> {
  await submit(queue, lines(12, 'old'));
  const worker = await Actor.start(queue, 'w~1', { maxAttempts: 1, lanes: 8 });
  const claimed = await worker.claim(10);
  for (const line of claimed.slice(0, 5)) worker.finish(line);
  for (const line of claimed.slice(5, 7))
    worker.fail(line, { exit: 1, err: `ValueError: ${HOSTILE}` });
  await worker.cycle();
  await worker.renew();
  const [seconds = 0] = await queue.redis.time();
  const now = Math.floor(Number(seconds) / 60);
  // A minute in which nothing is done would end the run: before anybody has looked, maybe.
  for (let back = 60; back > -60; back--) {
    const done = back > 0 ? 200 + Math.round(80 * Math.sin(back / 6)) : 5;
    await queue.redis.hset(`distcomp:minutes:${now - back}`, {
      ...{
        finished: done,
        failed: back % 9 === 0 ? 4 : 0,
        todo: Math.max(0, 40 * back),
        running: 30,
        lanes: 32,
      },
      ...{ used_cores: 28 + (back % 4), cores: 64, used_gb: 80 + back / 2, gb: 256 },
    });
  }
}

const dashboard = () => dashboardPage(workbench);

const counts = async (frame: Frame) => frame.locator('.count').allInnerTexts();

const sentences = async (frame: Frame) => frame.locator('.sentences').innerText();

const chosenTime = async (frame: Frame) =>
  frame.locator('.controls vscode-dropdown .selected-value').innerText();

/** How the first chart's sentence begins now: with each minute an old one leaves the hour. */
async function finishedInLastHour(): Promise<string> {
  const [seconds = 0] = await queue.redis.time();
  const last = Math.floor(Number(seconds) / 60);
  const keys = Array.from({ length: 60 }, (_, back) => `distcomp:minutes:${last - back}`);
  const finished = await Promise.all(keys.map(key => queue.redis.hget(key, 'finished')));
  const sum = finished.reduce((all, count) => all + Number(count ?? 0), 0);
  return `${sum.toLocaleString('en-US')} finished `;
}

/** Of the hour that is filled, but for the minute in which it began. */
async function rateOverTheRun(): Promise<string> {
  const [seconds = 0] = await queue.redis.time();
  const minute = (key = '') => Number(key.split(':').at(-1));
  const kept = (await queue.redis.keys('distcomp:minutes:*')).sort().slice(1);
  const keys = kept.filter(key => minute(key) * 60 <= Number(seconds));
  const ended = await Promise.all(keys.map(key => queue.redis.hmget(key, 'finished', 'failed')));
  const count = ended.flat().reduce((sum, value) => sum + Number(value ?? 0), 0);
  const began = minute(keys[0]) * 60;
  return `${(count / (Number(seconds) - began)).toFixed(1)}/s`;
}

/** What is asked of the minutes, which nothing but the dashboard reads outside of a script. */
async function readsOfHistory(): Promise<{ stop(): Promise<string[]> }> {
  const monitor = await server.client().monitor();
  const asked: string[] = [];
  monitor.on('monitor', (_time: string, [command = '', key = '']: string[], source: string) => {
    if (source !== 'lua' && command.toLowerCase() === 'hmget') asked.push(key);
  });
  return {
    stop: async () => {
      // It hears of this after all that came before.
      await queue.redis.hmget('the-end', 'field');
      await until(() => asked.includes('the-end'));
      monitor.disconnect();
      return asked.filter(key => key !== 'the-end');
    },
  };
}

describe('the dashboard', () => {
  it('opens by its command with the counts that Redis has', async () => {
    await workbench.runCommand('DistComp: Open Dashboard');
    const page = await dashboard();
    const expected = ['5 finished', '3 in progress', '2 to do', '2 failed'];
    await until(async () => (await counts(page)).join() === expected.join(), {
      describe: async () => `${expected}, there were ${await counts(page)}`,
    });
    expect(await page.locator('h1').innerText()).toBe(`default @ 127.0.0.1:${server.port}`);
    expect(await page.locator('.status').innerText()).toBe('live');
    await until(async () => (await page.locator('.chart').count()) === 4);
    await shown.screenshot('dashboard-dark');
    expect(await shown.violations()).toEqual([]);
  });

  it('says how fast tasks ended over the run, from the minutes that Redis has', async () => {
    const page = await dashboard();
    await until(
      async () => (await sentences(page)).includes(`${await rateOverTheRun()} over the run`),
      {
        describe: async () =>
          `${await rateOverTheRun()} over the run, there was ${await sentences(page)}`,
      },
    );
    // Nothing was done twice.
    expect(await sentences(page)).not.toContain('spent on');
  });

  it.each([
    ['dashboard-light', 'Light Modern', 'vs'],
    ['dashboard-contrast', 'Dark High Contrast', 'hc-black'],
    ['dashboard-contrast-light', 'Light High Contrast', 'hc-light'],
    ['dashboard-dark-again', 'Dark Modern', 'vs-dark'],
  ])('can be read as %s', async (name, theme, className) => {
    await workbench.setTheme(theme, className);
    const page = await dashboard();
    // The canvases are drawn anew: what they draw with follows the theme.
    await until(async () => (await page.locator('.chart canvas').count()) === 4);
    await shown.screenshot(name);
    expect(await shown.violations()).toEqual([]);
  });

  it('counts up while one looks', async () => {
    const page = await dashboard();
    await submit(queue, lines(8, 'new'));
    await until(async () => (await counts(page)).includes('10 to do'));
    expect(await queue.redis.hlen('todo_tasks')).toBe(10);
  });

  it('keeps the chosen time while it is hidden, and costs nothing then', async () => {
    const page = await dashboard();
    await page.locator('.controls vscode-dropdown').click();
    await page.locator('.controls vscode-option', { hasText: 'last hour' }).click();
    const points = (frame: Frame) => frame.locator('.chart .sentence').first().innerText();
    await until(async () => (await points(page)).startsWith(await finishedInLastHour()));
    const tasks = join(shown.workspace, 'other.tasks');
    await writeFile(tasks, '');
    await workbench.openFile(tasks);
    const submitAndSee = async (more: string[], said: string) => {
      await submit(queue, more);
      await until(async () => (await workbench.statusBar()).some(text => text.includes(said)));
    };
    // A look that was under way may still end.
    await submitAndSee(lines(1, 'hiding'), '3 ▶ 11');
    const reads = await readsOfHistory();
    await submitAndSee(lines(2, 'hidden'), '3 ▶ 13');
    expect(await reads.stop()).toEqual([]);
    await workbench.page.locator('.tab', { hasText: 'DistComp Dashboard' }).click();
    const again = await dashboard();
    await until(async () => (await counts(again)).includes('13 to do'));
    await until(async () => (await points(again)).startsWith(await finishedInLastHour()));
    expect(await shown.violations()).toEqual([]);
  });

  it('comes back with the window, as it was', async () => {
    await workbench.reload();
    const page = await dashboard();
    await until(async () => (await counts(page)).includes('13 to do'));
    await until(async () => (await chosenTime(page)).includes('last hour'));
  });

  it('is moved to another place, as it is', async () => {
    await workbench.runCommand('View: Move Editor into Right Group');
    // The page where it was is not the one to look at.
    const groups = workbench.page.locator('.editor-group-container');
    await groups.nth(1).locator('.tab', { hasText: 'DistComp Dashboard' }).waitFor();
    const page = await dashboard();
    await until(async () => (await counts(page)).includes('13 to do'));
    await until(async () => (await chosenTime(page)).includes('last hour'));
    expect(await shown.violations()).toEqual([]);
    await shown.screenshot('dashboard-moved-dark');
    await workbench.runCommand('View: Move Editor into Left Group');
    await until(async () => (await groups.count()) === 1);
    await dashboard();
  });

  it('says since when it is stale, and recovers by itself', async () => {
    const page = await dashboard();
    await server.kill();
    await until(async () =>
      /^stale \d+ s · reconnecting$/.test(await page.locator('.status').innerText()),
    );
    expect(await counts(page)).toContain('13 to do');
    await shown.screenshot('dashboard-stale-dark');
    await server.restart();
    await until(async () => (await page.locator('.status').innerText()) === 'live');
    // The test's own connection waits longer, maybe, until it tries again.
    await until(() => queue.redis.ping(), { describe: 'the connection of this test to be back' });
  });

  it('tells how tasks failed, shows the output of one, and runs exactly those again', async () => {
    const failed = (await queue.redis.hkeys('failed_tasks')).sort();
    expect(failed.length).toBe(2);
    const page = await dashboard();
    const rows = page.locator('.failures tbody tr');
    await until(async () => (await rows.count()) === 1);
    const cells = await rows.first().locator('th, td').allInnerTexts();
    expect(cells.slice(0, 3)).toEqual([
      '2 100 %',
      // As text, with what would turn the direction of reading shown.
      'exit 1 ValueError: <img src=x onerror=alert(<n>)><U+202E>',
      'w~1',
    ]);
    expect(cells[4]).toContain('echo old');
    await shown.screenshot('dashboard-failures-dark');
    expect(await shown.violations()).toEqual([]);

    await rows.first().locator('.sample').click();
    await until(async () => (await workbench.editorTextBeside()).includes('ValueError'));
    await page.locator('.failures vscode-button', { hasText: 'More Memory…' }).click();
    const title = workbench.page.locator('.quick-input-title');
    await title.filter({ hasText: 'Retry with More Memory: 2 failed tasks' }).waitFor();
    await workbench.page.keyboard.press('Escape');
    await title.waitFor({ state: 'hidden' });
    expect(await queue.redis.hlen('failed_tasks')).toBe(2);
    await page.locator('.failures vscode-button', { hasText: 'Retry 2' }).click();
    await until(async () => (await queue.redis.hlen('failed_tasks')) === 0);
    const todo = await queue.redis.hmget('todo_tasks', ...failed);
    expect(todo.includes(null)).toBe(false);
    expect(await queue.redis.hlen('todo_tasks')).toBe(15);
    // What was read with the count from before the retry says otherwise, until it is read again.
    await until(async () => {
      const said = await page.locator('.failures .sentence').innerText();
      expect(said).toBe('No task has failed.');
      return !(await page.locator('.failures table').isVisible());
    });
  });

  it('shows another queue with nothing of the one before', async () => {
    const other = new Queue(queue.redis, 'other');
    await submit(other, ['shell:1:0:0:echo other']);
    const worker = await Actor.start(other, 'o~1', { maxAttempts: 3 });
    for (let attempt = 1; attempt <= 3; attempt++) {
      const [line = ''] = await worker.claim(1);
      worker.fail(line, { exit: 3, err: 'KeyError: x' });
      await worker.cycle();
    }
    await workbench.runCommand('DistComp: Switch Queue…');
    await workbench.pick('other');
    const page = await dashboard();
    await until(
      async () => (await counts(page)).join() === '0 finished,0 in progress,0 to do,1 failed',
    );
    const kinds = page.locator('.failures .signature');
    await until(async () => (await kinds.allInnerTexts()).join() === 'exit 3 KeyError: x');
    const retried = await other.redis.hget(other.keys.stats, 'attempts_retried');
    expect(retried).toBe('2');
    await until(async () =>
      (await sentences(page)).includes(`${retried} attempts spent on retries`),
    );
    await shown.screenshot('dashboard-retries-dark');
    const sentence = page.locator('.chart .sentence').first();
    await until(
      async () => (await sentence.innerText()) === '0 finished and 1 failed in this time.',
    );
  });

  it('shows nothing of a queue that is connected no more, and a way to another', async () => {
    await workbench.runCommand('DistComp: Disconnect');
    const page = await dashboard();
    await until(async () => (await page.locator('h1').innerText()) === 'DistComp');
    expect(await page.locator('.chart').count()).toBe(0);
    expect(await page.locator('.failures tbody tr').count()).toBe(0);
    await shown.screenshot('dashboard-disconnected-dark');
    await page.locator('.overview vscode-button', { hasText: 'Connect…' }).click();
    await workbench.type('redis://', server.url);
    await until(async () => (await page.locator('.status').innerText()) === 'live');
    await until(async () => (await page.locator('.chart').count()) === 4);
  });

  it('says of an empty queue what there is none of, and what to do', async () => {
    await queue.redis.flushall();
    await workbench.runCommand('DistComp: Refresh');
    const page = await dashboard();
    const none = '0 finished,0 in progress,0 to do,0 failed';
    await until(async () => (await counts(page)).join() === none);
    const sentence = page.locator('.sentence:visible').last();
    await until(async () => (await sentence.innerText()) === 'No task has failed.');
    await shown.screenshot('dashboard-empty-dark');
    await showPart(page, 'Workers');
    await until(async () => (await sentence.innerText()).startsWith('No worker is live.'));
    await showPart(page, 'Tasks');
    await until(async () => (await sentence.innerText()) === 'No task is in this state.');
    await showPart(page, 'Failures');
    expect(await shown.violations()).toEqual([]);
  });
});
