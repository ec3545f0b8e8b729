/** The tables of the dashboard: on a queue with 200 workers, and with more tasks than a page can hold. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAttempts } from '../../src/queue/attempt';
import { clear } from '../../src/queue/clear';
import { connect } from '../../src/queue/connection';
import { newUndoId } from '../../src/queue/journal';
import { Queue } from '../../src/queue/queue';
import { scripts } from '../../src/queue/script';
import { submit } from '../../src/queue/submit';
import { Actor } from '../setup/actor';
import { enqueue, taskOf } from '../setup/enqueue';
import { startRedis, type TestRedis } from '../setup/redis';
import { until } from '../setup/until';
import { startWorker } from '../setup/workers';
import { rememberViolations } from '../vscode/runner/browser.mjs';
import { dashboardPage, showPart } from './dashboardPage';
import { startWorkbench, type Workbench } from './workbench';

const WORKERS = 200;
const HOSTILE = '<img src=x onerror=alert(1)>\u202e\u001b[31m';

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
    [...Array(WORKERS).keys()].map(i => Actor.start(queue, workerName(i + 1), { lanes: 8 })),
  );
  await Promise.all(actors.map(actor => actor.renew()));
  await tellMore(actors.map(({ name }) => name));
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-tables-'));
  await writeFile(join(workspace, 'other.tasks'), '');
  workbench = await startWorkbench({ workspace, settings: { 'distcomp.redis.url': server.url } });
  violations = await rememberViolations(workbench.page);
  await workbench.runCommand('DistComp: Open Dashboard');
  page = await dashboardPage(workbench);
  await page.evaluate(`{
    window.messages = [];
    window.since = performance.now();
    addEventListener('message', ({ data }) => messages.push(JSON.stringify(data).length));
  }`);
});
afterAll(async () => {
  await workbench?.close();
  queue?.redis.disconnect();
  await server?.stop();
  await rm(workspace, { recursive: true, force: true });
});

/** One of them has a name that somebody else chose. */
const workerName = (i: number) => (i === 150 ? `w${i}${HOSTILE}~1` : `w${i}~1`);

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `shell:1:0:0:./train --seed ${from + i} ${HOSTILE}`);

/** What those tell that have worked for a while; w7 is on a broken host, and w8 on a slow one. */
async function tellMore(names: readonly string[]): Promise<void> {
  const [seconds = 0] = await queue.redis.time();
  // Nobody beats for them: their heartbeat is as good as new for an hour.
  const status = `${Number(seconds) + 3600}:2:8:0.8:24`;
  for (const name of names) {
    const details: unknown = JSON.parse((await queue.redis.hget(queue.keys.workers, name)) ?? '');
    const more = {
      ...{ rate: 1.5, recent_ended: 40, recent_failed: name === 'w7~1' ? 36 : 0 },
      ...{ mean_ms: name === 'w8~1' ? 6_000 : 2_000, deviation_ms: 100 },
    };
    const text = JSON.stringify(Object.assign({}, details, more));
    await queue.redis.hset(queue.keys.workers, name, text);
    await queue.redis.hset(queue.keys.status, name, status);
  }
}

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
    await workbench.screenshot('dashboard-outliers-dark');
  });

  it('shows what others wrote as text, in its place', async () => {
    await head('workers', 'Worker').locator('button').click();
    const row = grid('workers').locator('.body [role="row"]', { hasText: 'w150' });
    await rowAt('workers', 0).hover();
    await until(async () => {
      await workbench.page.mouse.wheel(0, 200);
      return (await row.count()) > 0;
    });
    expect((await texts(row))[0]).toBe('w150<img src=x onerror=alert(1)><U+202E>␛[31m~1');
    const height = async (each: Locator) => (await each.boundingBox())?.height;
    expect(await height(row)).toBe(await height(rows('workers').first()));
    expect(await violations()).toEqual([]);
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
    expect((await texts(rowAt('tasks', 0)))[0]).toContain(
      '<img src=x onerror=alert(1)><U+202E>␛[31m',
    );
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
    await button('Retry').click();
    await until(async () => (await queue.redis.hlen('failed_tasks')) === 8);
    const failed = await queue.redis.hkeys('failed_tasks');
    const seeds = failed.map(line => Number(/--seed (\d+)/.exec(line)?.[1])).sort((a, b) => a - b);
    expect(seeds).toEqual([77, 773, 774, 775, 776, 777, 778, 779]);
    await rowAt('tasks', 0).locator('.cell').first().click();
    // Beside the table, which one goes on walking through.
    await until(async () => (await workbench.editorTextBeside()).includes('--seed 77 '));
    await workbench.page.keyboard.press('ArrowDown');
    await workbench.page.keyboard.press('Enter');
    await until(async () => (await workbench.editorTextBeside()).includes('--seed 773 '));
    await workbench.screenshot('dashboard-beside-dark');
    expect(await violations()).toEqual([]);
    await workbench.page.locator('.tab', { hasText: '.log' }).click();
    await workbench.runCommand('View: Close Editor');
  });
});

/** Picks the state of the tasks that are shown. */
async function choose(state: string): Promise<void> {
  await page.locator('.toolbar vscode-dropdown').click();
  await page.locator('.toolbar vscode-option', { hasText: state }).click();
}

describe('the page', () => {
  it.each([
    ['light', 'Light Modern', 'vs'],
    ['contrast', 'Dark High Contrast', 'hc-black'],
    ['contrast-light', 'Light High Contrast', 'hc-light'],
    ['dark', 'Dark Modern', 'vs-dark'],
  ])('can be read in %s', async (name, theme, className) => {
    await workbench.setTheme(theme, className);
    await showDashboard();
    await showPart(page, 'Workers');
    await until(async () => (await rows('workers').count()) > 0);
    if ((await rowAt('workers', 1).getAttribute('aria-selected')) !== 'true') {
      await rowAt('workers', 1).locator('.check').click();
    }
    await workbench.screenshot(`dashboard-workers-${name}`);
    expect(await violations()).toEqual([]);
  });

  it('fits into a narrow column, and at twice the size', async () => {
    const { page: window } = workbench;
    await window.setViewportSize({ width: 700, height: 450 });
    for (const part of ['Failures', 'Workers', 'Tasks']) {
      await showPart(page, part);
      await workbench.screenshot(`dashboard-narrow-${part.toLowerCase()}`);
      // A table that is wider than the page scrolls by itself.
      const widths = '[document.documentElement.scrollWidth, document.documentElement.clientWidth]';
      const [content = 0, room = 0] = await page.evaluate<number[]>(widths);
      expect(content, part).toBeLessThanOrEqual(room);
      const right = 'Math.max(0, ...buttons.map(each => each.getBoundingClientRect().right))';
      const buttons = `[...document.querySelectorAll('.toolbar vscode-button')]`;
      expect(await page.evaluate<number>(`{ const buttons = ${buttons}; ${right} }`)).toBeLessThan(
        room,
      );
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

describe('what the page costs', () => {
  it('is the same with 10,000 and 1,000,000 tasks', async () => {
    await showDashboard();
    const costs: Record<string, string[]>[] = [];
    for (const tasks of [10_000, 1_000_000]) {
      await clear(queue, { undoId: newUndoId() });
      await submit(queue, [taskOf(0, 1)]);
      await enqueue(queue, 1, tasks, 1);
      // Once more, so that views are told of it.
      await submit(queue, ['shell:0:0:0:the last one']);
      const counts = page.locator('.count');
      const todo = `${(tasks + 1).toLocaleString('en-US')} to do`;
      await until(async () => (await counts.allInnerTexts()).includes(todo), {
        describe: async () => `${todo}, found ${await counts.allInnerTexts()}`,
      });
      await showPart(page, 'Workers');
      const workers = await costOf(scripts.workers.sha, 4);
      await showPart(page, 'Tasks');
      await choose('To do');
      costs.push({ workers, tasks: await costOf(scripts.todoPage.sha, 3) });
    }
    expect(costs[0]?.workers).toHaveLength(4);
    expect(costs[0]?.tasks).toHaveLength(6);
    expect(costs[1]).toEqual(costs[0]);
  });

  it('is nothing while it is hidden', async () => {
    await showDashboard();
    await showPart(page, 'Workers');
    await workbench.openFile(join(workspace, 'other.tasks'));
    const heard = await listen();
    await submit(queue, ['shell:1:0:0:hidden']);
    await until(async () =>
      (await workbench.statusBar()).some(text => text.endsWith('▶ 1,000,002')),
    );
    const commands = await heard.stop();
    const asked = new Set(commands.map(([name, sha]) => (name === 'evalsha' ? sha : name)));
    expect(asked).toContain(scripts.overview.sha);
    expect(asked).not.toContain(scripts.workers.sha);
    expect(asked).not.toContain('hmget');
    // It is shown again as it was, with what came meanwhile.
    await showDashboard();
    await page.locator('vscode-panel-tab[aria-selected="true"]', { hasText: 'Workers' }).waitFor();
    await until(async () => (await rows('workers').count()) > 0);
    expect(await head('workers', 'Worker').getAttribute('aria-sort')).toBe('descending');
  });
});

describe('a run', () => {
  it('ends with the figures that Redis has, and what failed runs again from here', async () => {
    const run = new Queue(queue.redis, 'run');
    const exits = [0, 3, 0, 0, 3, 0, 4, 0, 0, 0];
    const go = join(workspace, 'go');
    const wait = `until [ -e ${go} ]; do sleep 0.05; done;`;
    await submit(
      run,
      exits.map((exit, i) => `shell:1:0:0:${wait} echo ${i} >&2; exit ${exit}`),
    );
    const conf = {
      ...{ redis_url: server.url, queue: 'run' },
      ...{ max_retry_per_task: 1, max_task_per_worker: 4 },
    };
    const worker = await startWorker({ conf });
    await workbench.runCommand('DistComp: Switch Queue…');
    await workbench.pick('run');
    await showDashboard();
    await showPart(page, 'Tasks');
    await choose('In progress');
    // Four run, and the others are buffered or wait.
    await until(async () => (await texts(rowAt('tasks', 3)))[2]?.endsWith(' s'), {
      describe: async () => `four tasks that run, found ${await grid('tasks').innerText()}`,
    });
    await workbench.screenshot('dashboard-busy-dark');
    await writeFile(go, '');
    await showPart(page, 'Failures');
    const lengths = async () =>
      Promise.all(['finished_tasks', 'failed_tasks'].map(key => run.redis.hlen(`{run}:${key}`)));
    await until(async () => (await lengths()).join() === '7,3');
    const counts = page.locator('.count');
    const expected = ['7 finished', '0 in progress', '0 to do', '3 failed'];
    await until(async () => (await counts.allInnerTexts()).join() === expected.join());
    const kinds = page.locator('.failures tbody tr');
    await until(async () => (await kinds.count()) === 2);
    expect(await kinds.first().locator('.tasks').innerText()).toBe('2 67 %');

    const failed = await run.redis.hkeys('{run}:failed_tasks');
    const ofKind = failed.filter(line => line.endsWith('exit 3')).sort();
    await page.locator('.failures vscode-button', { hasText: 'Retry 2' }).click();
    const twice = async () => {
      const attempts = await run.redis.hgetall(run.keys.attempts);
      return Object.entries(attempts).flatMap(([line, records]) =>
        parseAttempts(records).length === 2 ? line : [],
      );
    };
    await until(async () => (await twice()).length === 2);
    expect((await twice()).sort()).toEqual(ofKind);
    await until(async () => (await counts.allInnerTexts()).join() === expected.join());
    expect(await lengths()).toEqual([7, 3]);
    worker.signal('SIGTERM');
    await worker.ended;
  });
});

/** Puts its tab in front; the page in it is another one then. */
async function showDashboard(): Promise<void> {
  await workbench.page.locator('.tab', { hasText: 'DistComp Dashboard' }).click();
  page = await dashboardPage(workbench);
}

/** All that Redis is asked, with what its scripts do; until `stop`. */
async function listen(): Promise<{ seen: string[][]; stop(): Promise<string[][]> }> {
  const monitor = await server.client().monitor();
  const seen: string[][] = [];
  monitor.on('monitor', (_time: string, command: string[], source: string) => {
    const [name = '', ...rest] = command;
    seen.push([source === 'lua' ? 'lua' : name.toLowerCase(), ...rest]);
  });
  const stop = async () => {
    // It hears of this after all that came before.
    await queue.redis.echo('the end');
    await until(() => seen.some(([name]) => name === 'echo'));
    monitor.disconnect();
    return seen.filter(([name]) => name !== 'echo');
  };
  return { seen, stop };
}

/**
 * What so many looks of a page at rest ask, from one reading of the table to the next: commands with
 * the number of commands that each runs inside Redis. The looks of the tree are left out.
 */
async function costOf(sha: string, looks: number): Promise<string[]> {
  const heard = await listen();
  const isLook = ([name, first]: string[]) => name === 'evalsha' && first === sha;
  await until(() => heard.seen.filter(isLook).length > looks, { timeoutMs: 60_000 });
  const commands = await heard.stop();
  const places = commands.flatMap((command, i) => (isLook(command) ? [i] : []));
  const asked: { name: string; inside: number }[] = [];
  for (const [name = '', first = ''] of commands.slice(places[0], places[looks])) {
    const last = asked.at(-1);
    if (name === 'lua' && last) last.inside++;
    else asked.push({ name: name === 'evalsha' ? first : name, inside: 0 });
  }
  // The minutes of the charts are not read at each of them.
  const others = [scripts.overview.sha, 'xread', 'hmget'];
  return asked
    .filter(({ name }) => !others.includes(name))
    .map(({ name, inside }) => `${name} ${inside}`);
}
