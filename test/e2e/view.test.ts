import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { Actor } from '../setup/actor';
import { type LongWay, longWay } from '../setup/longWay';
import { startRedis, type TestRedis } from '../setup/redis';
import { until } from '../setup/until';
import { failedCommand, fillQueue, task } from './mixedQueue';
import { startWorkbench, type Workbench } from './workbench';

const PASSWORD = 'right one';

let workspace: string;
let server: TestRedis;
let redis: Redis;
let way: LongWay;
let workbench: Workbench;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-view-'));
  server = await startRedis({ password: PASSWORD, appendonly: true });
  redis = server.client();
  way = await longWay(server.port);
  workbench = await startWorkbench({ workspace });
});
afterAll(async () => {
  await workbench?.close();
  await way?.close();
  await server?.stop();
  await rm(workspace, { recursive: true, force: true });
});

describe('the view of a queue', () => {
  it('asks for the password that Redis wants, again after a wrong one, and writes it nowhere', async () => {
    await workbench.showContainer('DistComp');
    await workbench.runCommand('DistComp: Connect to Redis…');
    await workbench.type('Address', `127.0.0.1:${way.port}`);
    await workbench.type('refused the password', 'wrong one');
    await workbench.type('refused the password', PASSWORD);
    await until(async () => String(await redis.client('LIST')).includes('name=distcomp-vscode'));
    expect(await readFile(settingsPath(), 'utf8')).toContain(`127.0.0.1:${way.port}`);
    expect(filesWith(PASSWORD)).toEqual([]);
  });

  it('says what to do in an empty queue', async () => {
    const welcome = () => workbench.tree('Queues').welcome();
    await until(async () => (await welcome()).includes('The queue is empty.'));
    expect(await welcome()).toContain('Submit Tasks');
  });

  it('shows each state with its count, and what matters about each task', async () => {
    await fillQueue(redis);
    // What is written step by step is seen step by step.
    const says = (label: string, text: string | RegExp) =>
      until(
        async () => {
          const found = (await descriptionOf(label)) ?? '';
          return typeof text === 'string' ? found === text : text.test(found);
        },
        { describe: async () => `${label}: ${text}, there is ${await descriptionOf(label)}` },
      );
    await says('To do', '450  (1 waiting for another attempt)');
    await says('In progress', '2  (1 buffered)');
    await says('default', 'no worker');
    await says('In no order from here on', 'older ones, or of originals');
    await says('Failed', '4');
    await says('Finished', '1');
    await says('… --rate 0.1 --seed 900', /^node4~1 · 2 h \d+ min$/);
    await says('… --rate 0.1 --seed 901', 'node4~1 · buffered');
    await says('… --rate 10 --seed 950', 'exit 1 · ValueError: rate too large · 2 attempts');
    // Each part of the window is told by itself.
    await until(async () => {
      expect(await workbench.statusBar()).toContainEqual(expect.stringContaining('2 ▶ 450'));
      expect(await workbench.badge('DistComp')).toBe('4');
      return true;
    });
  });

  it('tells a screen reader what each row is', async () => {
    const rows = workbench.page.locator('.pane .monaco-list-row');
    const names = () =>
      rows.evaluateAll(all => all.map(row => row.getAttribute('aria-label') ?? ''));
    const says = (...patterns: RegExp[]) =>
      until(
        async () => {
          const all = await names();
          return patterns.every(pattern => all.some(name => pattern.test(name)));
        },
        { describe: async () => `rows that say ${patterns}, there are ${await names()}` },
      );
    await says(
      /^Queue default · no worker/,
      /^In progress: \.\/train .* 901, node4~1 · buffered$/,
      /^Failed: \.\/train .* 950, exit 1 · ValueError/,
      /^In no order from here on: older ones, or of originals$/,
    );
    expect(await names()).not.toContain('');
    await workbench.tree('Queues').expand('To do');
    await says(/^To do: 450 tasks/, /^To do: \.\/train .* --seed 9$/);
    await workbench.tree('Queues').click('To do');
  });

  it('counts in the status bar what failed while nobody looked, and opens the dashboard from there', async () => {
    const item = workbench.page.locator('.statusbar-item:visible', { hasText: '▶' });
    const marked = async () => (await item.locator('.codicon-error').count()) > 0;
    expect(await marked()).toBe(false);
    await workbench.showContainer('Explorer');
    await extensionIsTold();
    // Begins as the others do, or all labels would get longer.
    const line = task(failedCommand(959));
    await redis.hset('failed_tasks', line, 'node4~1,');
    // An event of Redis tells that something changed.
    await redis.xadd('distcomp:events', '*', 'kind', 'test');
    await until(marked, { describe: 'the failure to be marked' });
    expect(await item.innerText()).toContain('5');
    await until(async () => (await workbench.badge('DistComp')) === '5');
    await workbench.screenshot('status-bar-dark');
    const tab = workbench.page.locator('.tab.active', { hasText: 'DistComp Dashboard' });
    await until(
      async () => {
        // An item that is drawn again between press and release takes no click.
        await item.click({ timeout: 5_000 });
        await tab.waitFor({ timeout: 5_000 });
        return true;
      },
      { describe: 'the dashboard to open' },
    );
    await workbench.runCommand('View: Close Editor');
    await workbench.showContainer('DistComp');
    await until(async () => !(await marked()), { describe: 'the failure to be seen' });
    await redis.hdel('failed_tasks', line);
    await until(async () => (await descriptionOf('Failed')) === '4');
  });

  it('shows two hundred tasks at a time', async () => {
    const tree = workbench.tree('Queues');
    await tree.expand('To do');
    const shown = (count: number) => until(async () => (await siblings('--seed 201')) === count);
    await tree.click('… --rate 0.1 --seed 201');
    await shown(201);
    await workbench.page.locator('.monaco-list-row[aria-label="To do: Show 200 more…"]').waitFor();
    await tree.click('Show 200 more…');
    await shown(401);
    await tree.click('… --rate 0.1 --seed 401');
    await tree.click('Show 200 more…');
    await until(async () => (await siblings('--seed 402')) === 451);
    await tree.click('To do');
  });

  it('tells all about a task in a tooltip, where the text of others is only text', async () => {
    const said = await workbench.tree('Queues').tooltipOf('--seed 953', 'Attempt 1');
    const tooltip = workbench.page.locator('.monaco-hover-content', { hasText: 'Attempt 1' });
    expect(said).toContain('Attempt 1 · node4~1 · exit 1 · 2.0 s');
    expect(said).toContain('[Click](command:workbench.action.quit) ``` <U+202E>');
    expect(await tooltip.locator('a').allTextContents()).toEqual(['Show Output', 'Retry']);
    await workbench.screenshot('tooltip-dark');
  });

  it('retries a task by the link in its tooltip', async () => {
    const line = task(failedCommand(953));
    await workbench.tree('Queues').tooltipOf('--seed 953', 'Attempt 1');
    const tooltip = workbench.page.locator('.monaco-hover-content', { hasText: 'Attempt 1' });
    await tooltip.locator('a', { hasText: 'Retry' }).click();
    await until(async () => (await redis.hexists('failed_tasks', line)) === 0);
    expect(await redis.hexists('todo_tasks', line)).toBe(1);
    await redis.hdel('todo_tasks', line);
    await redis.hset('failed_tasks', line, 'node4~1,node4~1,');
    await until(async () => (await descriptionOf('Failed')) === '4');
  });

  it('copies the lines of tasks as a task file has them, from a menu and from the palette', async () => {
    const [first, second] = [failedCommand(950), failedCommand(951)];
    const lineOf = (command: string) => `${task(command)}\n`;
    await workbench.tree('Queues').contextMenu(['… --rate 10 --seed 951'], 'Copy Task');
    await until(async () => (await workbench.clipboard()) === lineOf(second));
    await workbench.runCommand('DistComp: Copy Task');
    await workbench.pickSeveral([first, second]);
    await until(async () => (await workbench.clipboard()) !== lineOf(second));
    const copied = (await workbench.clipboard()).split(/(?<=\n)/);
    expect(copied.sort()).toEqual([lineOf(first), lineOf(second)]);
  });

  it('shows the tasks in which a text stands, until the filter is cleared', async () => {
    await filterBy('SEED 95');
    await until(async () => (await descriptionOf('Failed')) === '4 matches');
    expect(await descriptionOf('To do')).toBe('1 match');
    expect(await descriptionOf('Finished')).toBe('0 matches');
    expect(await message()).toContain('"SEED 95": 5 matches, searched all 457');
    expect(await descriptionOf('… --rate 0.1 --seed 95')).toBe('');
    await workbench.runCommand('DistComp: Clear Filter');
    await until(async () => (await descriptionOf('Failed')) === '4');
    expect(await message()).not.toContain('SEED');
  });

  it('switches to another queue, and says how fast that gets on and when it ends', async () => {
    const nightly = new Queue(redis, 'nightly');
    await submit(
      nightly,
      Array.from({ length: 500 }, (_, index) => task(`./night ${index}`)),
    );
    const worker = await Actor.start(nightly, 'node7~1');
    await switchTo('nightly');
    await until(async () => (await descriptionOf('To do')) === '500');
    expect(await readFile(join(workspace, '.vscode', 'settings.json'), 'utf8')).toContain(
      '"distcomp.queue": "nightly"',
    );
    // One more ends with each look.
    await until(
      async () => {
        for (const line of await worker.claim(1)) worker.finish(line);
        await worker.cycle();
        return /^\S+\/(s|min) · about .+ left$/.test((await descriptionOf('nightly')) ?? '');
      },
      { describe: async () => `a rate, now ${await descriptionOf('nightly')}` },
    );
    await until(async () =>
      (await workbench.statusBar()).some(text => /▶ \d+ · .*\d+ (s|min)/.test(text)),
    );
    await workbench.screenshot('rate-dark');
    await switchTo('default');
    await until(async () => (await descriptionOf('Failed')) === '4');
  });

  it('stops a search under way, says how far it came, and keeps what it found', async () => {
    const big = new Queue(redis, 'big');
    await fillBigQueue(big);
    await switchTo('big');
    await until(async () => (await descriptionOf('To do')) === '300,000');
    // Three hundred steps, each so long: the search does not end before it is stopped.
    way.delayMs = 500;
    try {
      await filterBy('00 --x');
      await until(async () =>
        /^[1-9]\d* match.* so far$/.test((await descriptionOf('To do')) ?? ''),
      );
      await until(async () => /"00 --x": searched [\d,]+ of 300,000$/.test(await message()));
      // What is found meanwhile is no next page.
      const rows = await workbench.tree('Queues').rows();
      expect(rows.map(({ label }) => label)).not.toContain('Show 200 more…');
      await workbench.screenshotInThemes('searching');
      await workbench.tree('Queues').clickTitle('Stop Searching');
      await until(async () => (await message()).includes('stopped'));
    } finally {
      way.delayMs = 0;
    }
    const said = await message();
    const [, matches, searched] =
      /"00 --x": (\d+) match(?:es)?, stopped after ([\d,]+) of 300,000$/.exec(said) ?? [];
    await until(async () => (await descriptionOf('To do'))?.startsWith(`${matches} match`));
    expect(Number(searched?.replaceAll(',', ''))).toBeLessThan(300_000);
    expect(Number(searched?.replaceAll(',', ''))).toBeGreaterThanOrEqual(Number(matches));
    await workbench.screenshot('search-stopped-dark');
    // What comes later is seen, and nothing is searched any more.
    await submit(big, [task('./late')]);
    await until(async () => (await workbench.statusBar()).some(text => text.includes('▶ 300,001')));
    expect(await message()).toBe(said);
    await workbench.runCommand('DistComp: Clear Filter');
    await switchTo('default');
    await until(async () => (await descriptionOf('Failed')) === '4');
    // Shortened by what these tasks have in common, and not by those of the other queue.
    await until(() => descriptionOf('… --rate 10 --seed 951'));
    await redis.unlink(big.keys.todo);
  });

  it('retries what is picked from the list of the palette', async () => {
    await workbench.runCommand('DistComp: Retry');
    const offered = await workbench.pickItems();
    expect(offered).toContain('./train --data /sets/imagenet --rate 10 --seed 952; echo $(date)');
    await workbench.screenshot('retry-dark');
    await workbench.pickSeveral([failedCommand(951)]);
    await until(async () => (await redis.hexists('failed_tasks', task(failedCommand(951)))) === 0);
    expect(await redis.hexists('todo_tasks', task(failedCommand(951)))).toBe(1);
  });

  it('can be read in every theme', async () => {
    await until(async () => (await descriptionOf('Failed')) === '3');
    await workbench.screenshotInThemes('view');
    await filterBy('SEED 95');
    await until(async () => (await descriptionOf('Failed')) === '3 matches');
    await workbench.screenshotInThemes('filter');
    await workbench.runCommand('DistComp: Clear Filter');
    await until(async () => (await descriptionOf('Failed')) === '3');
  });

  it('says since when it is stale while Redis is away, and recovers by itself', async () => {
    await server.kill();
    await until(async () => /^stale \d+ s · reconnecting$/.test(await message()));
    await until(async () => (await workbench.tree('Queues').rows())[0]?.description === 'stale');
    expect(await descriptionOf('Failed')).toBe('3');
    await server.restart();
    await redis.hdel('failed_tasks', task(failedCommand(950)));
    await until(async () => (await descriptionOf('Failed')) === '2');
    expect(await message()).not.toContain('stale');
  });

  it('has told the log when Redis was away and when it was back', async () => {
    await workbench.runCommand('DistComp: Show Log');
    const lines = new RegExp(
      // Between them may stand tries that failed.
      `${way.port}: stale\n[^]* \\[info\\] 127\\.0\\.0\\.1:${way.port}: live$`,
      'm',
    );
    await until(async () => lines.test(await workbench.outputText()), {
      describe: async () => `the log to say so, it says\n${await workbench.outputText()}`,
    });
    expect(await workbench.outputText()).not.toContain(PASSWORD);
    await workbench.screenshot('log-dark');
  });
});

/** What stands above the tree. */
async function message(): Promise<string> {
  const shown = workbench.page.locator('.tree-explorer-viewlet-tree-view .message');
  return (await shown.first().textContent()) ?? '';
}

/** Too many tasks to submit one by one; each hundredth matches a search. */
async function fillBigQueue(queue: Queue): Promise<void> {
  await submit(queue, [task('./sweep --seed 0 --x')]);
  const script =
    "for i = 1, 299999 do redis.call('HSET', KEYS[1], 'shell:1:0:1:./sweep --seed ' .. i .. ' --x', '') end";
  await redis.eval(script, 1, queue.keys.todo);
}

async function filterBy(text: string): Promise<void> {
  await workbench.runCommand('DistComp: Filter Tasks…');
  await workbench.type('Text of the line', text);
}

/** What the window has told the extension before (a view is hidden) it knows when it asks a question. */
async function extensionIsTold(): Promise<void> {
  await workbench.runCommand('DistComp: Filter Tasks…');
  const question = workbench.page.locator('.quick-input-message', { hasText: 'Text of the line' });
  await question.waitFor();
  await workbench.page.locator('.quick-input-box input').press('Escape');
  await question.waitFor({ state: 'hidden' });
}

async function switchTo(queue: string): Promise<void> {
  await workbench.runCommand('DistComp: Switch Queue…');
  await workbench.pick(queue);
}

async function descriptionOf(label: string): Promise<string | undefined> {
  const rows = await workbench.tree('Queues').rows();
  return rows.find(row => row.label === label)?.description;
}

/** How many rows, on screen or not, stand under the same state as this one. */
async function siblings(text: string): Promise<number> {
  const row = workbench.page.locator('.pane .monaco-list-row', { hasText: text }).first();
  return Number(await row.getAttribute('aria-setsize'));
}

const settingsPath = () => join(workbench.userData, 'User', 'settings.json');

/** Files of VS Code in which a text stands. */
function filesWith(text: string): string[] {
  const { stdout } = spawnSync('grep', ['-rlF', text, workbench.userData], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean);
}
