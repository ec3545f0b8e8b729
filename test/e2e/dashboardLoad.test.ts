/** The dashboard beside 200 workers: what it costs with a million tasks, and that a run is shown as it is. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAttempts } from '../../src/queue/attempt';
import { clear } from '../../src/queue/clear';
import { connect } from '../../src/queue/connection';
import { newUndoId } from '../../src/queue/journal';
import { Queue } from '../../src/queue/queue';
import { scripts } from '../../src/queue/script';
import { submit } from '../../src/queue/submit';
import { enqueue, taskOf } from '../setup/enqueue';
import { startRedis, type TestRedis } from '../setup/redis';
import { until } from '../setup/until';
import { startWorker } from '../setup/workers';
import {
  cellsOf,
  chooseState,
  DashboardWindow,
  dashboardPage,
  showDashboard,
  showPart,
  tableRow,
} from './dashboardPage';
import { manyWorkers } from './manyWorkers';
import type { Workbench } from './workbench';

let server: TestRedis;
let queue: Queue;
let dashboard: DashboardWindow;
let workbench: Workbench;
let page: Frame;

beforeAll(async () => {
  server = await startRedis({ appendonly: true });
  queue = new Queue(await connect({ url: server.url }, 'test'), 'default');
  await submit(queue, [taskOf(0, 1)]);
  await manyWorkers(queue);
  dashboard = await DashboardWindow.start(server.url);
  ({ workbench } = dashboard);
  await writeFile(join(dashboard.workspace, 'other.tasks'), '');
  await workbench.runCommand('DistComp: Open Dashboard');
  page = await dashboardPage(workbench);
});
afterAll(async () => {
  await dashboard?.close();
  queue?.redis.disconnect();
  await server?.stop();
});

describe('what the page costs', () => {
  it('is the same with 10,000 and 1,000,000 tasks', async () => {
    page = await showDashboard(workbench);
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
      const workers = await costOf([scripts.workers.sha], 4);
      await showPart(page, 'Tasks');
      await chooseState(page, 'To do');
      costs.push({ workers, tasks: await costOf([scripts.todoPage.sha, scripts.rows.sha], 3) });
    }
    expect(costs[0]?.workers).toHaveLength(4);
    expect(costs[0]?.tasks).toHaveLength(6);
    expect(costs[1]).toEqual(costs[0]);
  });

  it('is bounded while it searches a million tasks, of which it says how far it is', async () => {
    await page.evaluate(`{
      window.said = [];
      const sentence = document.querySelector('.tasks').closest('.table').querySelector('.sentence');
      new MutationObserver(() => said.push(sentence.textContent)).observe(sentence, {
        ...{ childList: true, characterData: true, subtree: true },
      });
    }`);
    await page.locator('vscode-text-field input').fill('echo 77777');
    const said = () => page.evaluate<string[]>('said');
    await until(async () => (await said()).at(-1)?.startsWith('11 found in 1,000,001 tasks.'), {
      describe: async () => `the search to end, ${await said()}`,
    });
    expect((await said()).join()).toMatch(/Searched [\d,]+ of 1,000,001: \d+ found\./);
    await page.locator('vscode-text-field input').fill('');
    await until(async () => (await said()).at(-1) === 'In the order of service.');
  });

  it('is nothing while it is hidden', async () => {
    page = await showDashboard(workbench);
    await showPart(page, 'Workers');
    const name = page.locator('.workers [role="columnheader"]', { hasText: 'Worker' });
    await name.locator('button').click();
    await name.locator('button').click();
    await until(async () => (await name.getAttribute('aria-sort')) === 'descending');
    await workbench.openFile(join(dashboard.workspace, 'other.tasks'));
    const submitAndSee = async (line: string, shown: string) => {
      await submit(queue, [line]);
      await until(async () => (await workbench.statusBar()).some(text => text.endsWith(shown)));
    };
    // A look that was under way may still end.
    await submitAndSee('shell:1:0:0:hiding', '▶ 1,000,002');
    const heard = await listen();
    await submitAndSee('shell:1:0:0:hidden', '▶ 1,000,003');
    const commands = await heard.stop();
    const asked = new Set(commands.map(([name, sha]) => (name === 'evalsha' ? sha : name)));
    expect(asked).toContain(scripts.overview.sha);
    expect(asked).not.toContain(scripts.workers.sha);
    expect(asked).not.toContain('hmget');
    // It is shown again as it was, with what came meanwhile.
    page = await showDashboard(workbench);
    await page.locator('vscode-panel-tab[aria-selected="true"]', { hasText: 'Workers' }).waitFor();
    await until(async () => (await tableRow(page, 'workers', 0).count()) > 0);
    const again = page.locator('.workers [role="columnheader"]', { hasText: 'Worker' });
    expect(await again.getAttribute('aria-sort')).toBe('descending');
  });
});

describe('a run', () => {
  it('ends with the figures that Redis has, and what failed runs again from here', async () => {
    const run = new Queue(queue.redis, 'run');
    const exits = [0, 3, 0, 0, 3, 0, 4, 0, 0, 0];
    const go = join(dashboard.workspace, 'go');
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
    page = await showDashboard(workbench);
    await showPart(page, 'Tasks');
    await chooseState(page, 'In progress');
    // Four run, and the others are buffered or wait.
    await until(async () => (await cellsOf(tableRow(page, 'tasks', 3)))[2]?.endsWith(' s'), {
      describe: async () =>
        `four tasks that run, found ${await page.locator('.grid.tasks').innerText()}`,
    });
    await dashboard.screenshot('dashboard-busy-dark');
    await writeFile(go, '');
    await showPart(page, 'Failures');
    const lengths = async () =>
      Promise.all(['finished_tasks', 'failed_tasks'].map(key => run.redis.hlen(`{run}:${key}`)));
    await until(async () => (await lengths()).join() === '7,3');
    const counts = page.locator('.count');
    const expected = ['7 finished', '0 in progress', '0 to do', '3 failed'];
    await until(async () => (await counts.allInnerTexts()).join() === expected.join());
    const kinds = page.locator('.failures tbody tr');
    // The kinds may have been read when one of the three had not failed yet.
    await until(async () => {
      expect(await kinds.locator('.tasks').allInnerTexts()).toEqual(['2 67 %', '1 33 %']);
      return true;
    });

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
 * the number of commands that each runs inside Redis. The looks of the tree are left out. `shas`: of the
 * scripts that read the table.
 */
async function costOf(shas: string[], looks: number): Promise<string[]> {
  const [sha = ''] = shas;
  // The first time, a script is sent once more with its text.
  const known = async () => (await queue.redis.script('EXISTS', ...shas)) as number[];
  await until(async () => (await known()).every(found => found === 1));
  const heard = await listen();
  const isLook = ([name, first]: string[]) => name === 'evalsha' && first === sha;
  await until(() => heard.seen.filter(isLook).length > looks);
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
