import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../setup/redis';
import { until } from '../setup/until';
import { slowDown } from './slowRedis';
import { startWorkbench, type Workbench } from './workbench';

const SWEEP = [
  '# what the sweep trains',
  'shell:5:16:4:3600:./prepare --all "$DATA" | tee log  # of the command',
  "shell:1:4:1:echo 'a quote that does not end",
  'shell:1:4:1:./train --lr 0.1 --seed 1 && echo done',
  'python:1:0:1:print(sum(n * n for n in range(10)))',
  'demo:1:0:0:only printed',
  'shell:1:4G:1:./train --lr 0.2',
  '',
];
/** Lines of a file that takes a while, and gets a notice with Cancel. */
const LONG = 100_000;
const THEMES = [
  ['Dark Modern', 'vs-dark', 'dark'],
  ['Light Modern', 'vs', 'light'],
  ['Dark High Contrast', 'hc-black', 'contrast'],
] as const;

let workspace: string;
let server: TestRedis;
let redis: Redis;
let workbench: Workbench;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-task-files-'));
  server = await startRedis();
  redis = server.client();
  await writeFile(join(workspace, 'sweep.tasks'), SWEEP.join('\n'));
  workbench = await startWorkbench({
    workspace,
    settings: {
      'distcomp.redis.url': server.url,
      // A remote window asks before it opens more than 10 MB.
      'workbench.editorLargeFileConfirmation': 1024,
    },
  });
});
afterAll(async () => {
  await workbench?.close();
  await server?.stop();
  await rm(workspace, { recursive: true, force: true });
});

describe('a task file in the editor', () => {
  it('is coloured by its fields, with shell and Python in the command', async () => {
    await workbench.openFile(join(workspace, 'sweep.tasks'));
    // The grammars of the commands come later than the first colours, and the colours line by line.
    await until(async () => {
      const sweep = await tokens();
      expect(distinct(sweep, 1, ['./prepare', '"', '$DATA', '# of'])).toBe(true);
      expect(distinct(sweep, 1, ['shell', '5', '16', '4', '3600', './prepare'])).toBe(true);
      expect(classOf(sweep, 1, '# of')).toBe(classOf(sweep, 0, '# what'));
      expect(classOf(sweep, 2, "'a quote")).toBe(classOf(sweep, 1, '"'));
      // What a command does not close ends with its line.
      expect(classOf(sweep, 3, 'shell')).toBe(classOf(sweep, 1, 'shell'));
      expect(classOf(sweep, 3, './train')).toBe(classOf(sweep, 1, './prepare'));
      expect(classOf(sweep, 4, 'python')).toBe(classOf(sweep, 1, 'shell'));
      expect(classOf(sweep, 4, 'for')).not.toBe(classOf(sweep, 4, 'n'));
      expect(classOf(sweep, 6, 'shell')).toBe(classOf(sweep, 1, 'shell'));
      return true;
    });
  });

  it('can be read in every theme', async () => {
    for (const [theme, className, name] of THEMES) {
      await workbench.setTheme(theme, className);
      await lens('Submit 5 tasks · 1 problem').waitFor();
      await until(async () => distinct(await tokens(), 1, ['shell', '5', '16', '4', '3600']));
      await workbench.screenshot(`task-file-${name}`);
    }
    await workbench.setTheme(THEMES[0][0], THEMES[0][1]);
  });

  it('is set right by the keyboard', async () => {
    const { page } = workbench;
    // What is wrong is marked a moment after it is counted, and F8 finds nothing before.
    const marked = page.locator('.editor-group-container.active .squiggly-error');
    await marked.first().waitFor({ state: 'attached' });
    await page.locator('.editor-group-container.active .view-lines').click();
    await page.keyboard.press('ControlOrMeta+Home');
    // The next problem, and what can be done about it.
    await page.keyboard.press('F8');
    const message = page.locator('.marker-widget', { hasText: 'memory must be a whole number' });
    await message.waitFor();
    await page.keyboard.press('ControlOrMeta+.');
    await page.locator('.action-widget', { hasText: 'Write 4' }).waitFor();
    await workbench.screenshot('task-file-quick-fix-dark');
    await page.keyboard.press('Enter');
    await lens('Submit 6 tasks').waitFor();
    expect(await workbench.editorText()).toContain('shell:1:4:1:./train --lr 0.2');
    await page.keyboard.press('Escape');
    await message.waitFor({ state: 'detached' });
    await page.keyboard.press('ControlOrMeta+s');
  });

  it('is previewed from the line above it, and nothing changes', async () => {
    await lens('Preview').click();
    await until(async () => (await workbench.editorText()).includes('6 tasks would be added'));
    expect(await workbench.editorText()).toContain('no worker is live');
    await workbench.screenshot('preview-dark');
    expect(await redis.exists('todo_tasks', 'distcomp:todo_tasks')).toBe(0);
  });

  it('is submitted from the line above it', async () => {
    await workbench.openFile(join(workspace, 'sweep.tasks'));
    await lens('Submit 6 tasks').click();
    expect(await workbench.notice('tasks added')).toBe('6 tasks added');
    expect(await submitted()).toEqual(
      [...SWEEP.slice(1, 6), 'shell:1:4:1:./train --lr 0.2'].sort(),
    );
  });

  it('says in a hover what becomes of a task', async () => {
    await workbench.page
      .locator('.view-line', { hasText: './prepare' })
      .getByText('prepare')
      .hover();
    const hover = workbench.page.locator('.monaco-hover', { hasText: 'To do in queue "default"' });
    await hover.waitFor();
    await workbench.screenshot('task-file-hover-dark');
  });

  it('is audited from the explorer, and what is lost can be submitted', async () => {
    await redis.hdel('todo_tasks', SWEEP[3] ?? '');
    // The list of notices closes with its last one, and new ones show again.
    await workbench.clearNotices();
    await workbench.explorerMenu(['sweep.tasks'], 'Audit Task File');
    await until(async () => (await workbench.editorText()).includes('1 in no state'));
    expect(await workbench.editorText()).toContain('line 4: ./train --lr 0.1 --seed 1');
    await workbench.screenshot('audit-dark');
    await workbench.answerNotice('1 will never run', 'Submit It');
    await workbench.notice('1 was submitted again.');
    expect(await submitted()).toContain(SWEEP[3]);
  });
});

describe('task files in the explorer', () => {
  it('are submitted together, and one that is only called a text too', async () => {
    await redis.flushall();
    await workbench.clearNotices();
    await writeFile(join(workspace, 'one.tasks'), 'shell:1:0:0:one\n');
    await writeFile(join(workspace, 'two.txt'), 'shell:1:0:0:two\n');
    await workbench.explorerMenu(['one.tasks', 'two.txt'], 'Submit Tasks');
    await until(async () => (await submitted()).length === 2);
    expect(await submitted()).toEqual(['shell:1:0:0:one', 'shell:1:0:0:two']);
  });

  it('are previewed, and nothing changes', async () => {
    await redis.flushall();
    await workbench.explorerMenu(['one.tasks'], 'Preview Submission');
    await until(async () => (await workbench.editorText()).includes('1 task would be added'));
    expect(await redis.exists('todo_tasks', 'distcomp:todo_tasks')).toBe(0);
  });

  it('are submitted by the icon above the editor', async () => {
    await workbench.openFile(join(workspace, 'one.tasks'));
    await workbench.page
      .locator('.editor-actions .action-label[aria-label="Submit Tasks"]')
      .click();
    await until(async () => (await submitted()).length === 1);
    expect(await submitted()).toEqual(['shell:1:0:0:one']);
  });
});

describe('the lines that are selected', () => {
  it('are submitted as they stand in the editor, and no others', async () => {
    await redis.flushall();
    await workbench.clearNotices();
    await workbench.openFile(join(workspace, 'sweep.tasks'));
    // Its tab is active before it is in the editor.
    await lens('Submit 6 tasks').waitFor();
    const { page } = workbench;
    await page.locator('.editor-group-container.active .view-lines').click();
    await page.keyboard.press('ControlOrMeta+Home');
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'Shift+ArrowDown', 'Shift+End']) {
      await page.keyboard.press(key);
    }
    await workbench.runCommand('DistComp: Submit Selected Lines');
    await workbench.notice('2 tasks added');
    expect(await submitted()).toEqual([SWEEP[4], SWEEP[3]]);
  });
});

describe('a file that is very long', () => {
  it('ends where Cancel is pressed: what was added stays, and is said', async () => {
    await redis.flushall();
    const path = join(workspace, 'long.tasks');
    const padding = 'x'.repeat(30);
    const lines = Array.from(
      { length: LONG },
      (_, n) => `shell:1:0:1:./train --seed ${n} ${padding}\n`,
    );
    await writeFile(path, lines.join(''));
    await workbench.openFile(path);
    await lens('Submit 100,000 tasks').waitFor();
    const goOn = await slowDown(server);
    let said: string;
    try {
      await workbench.runCommand('DistComp: Submit Tasks');
      await until(async () => (await redis.hlen('todo_tasks')) > 0);
      await workbench.answerNotice('Submitting long.tasks', 'Cancel');
      // Before it goes on: all the rest could be added sooner than Cancel arrives.
      said = await workbench.notice('Stopped after line');
    } finally {
      await goOn();
    }
    const added = await redis.hlen('todo_tasks');
    expect(said).toContain(
      `${added.toLocaleString('en-US')} tasks added · Submit again for the rest`,
    );
    expect(added).toBeGreaterThan(0);
    expect(added).toBeLessThan(LONG);
  });

  it('is submitted all the same when no editor is given it', async () => {
    await redis.flushall();
    const comment = `# ${'x'.repeat(1022)}\n`;
    await writeFile(
      join(workspace, 'huge.tasks'),
      `${comment.repeat(52_000)}shell:1:0:0:x\nshell:1:0:0:y\nwrong\n`,
    );
    await workbench.openFile(join(workspace, 'huge.tasks'));
    await workbench.runCommand('DistComp: Submit Tasks');
    await workbench.notice('2 tasks added · 1 line was not understood');
    expect(await submitted()).toEqual(['shell:1:0:0:x', 'shell:1:0:0:y']);
  });
});

interface Token {
  text: string;
  className: string;
}

/** The lines on screen as they are coloured, from the top. */
async function tokens(): Promise<Token[][]> {
  const lines = workbench.page.locator('.editor-group-container.active .view-lines .view-line');
  const found = await lines.evaluateAll(elements =>
    elements.map(element => ({
      top: Number.parseFloat((element as { style?: { top?: string } }).style?.top ?? ''),
      tokens: [...element.querySelectorAll('span > span')].map(span => ({
        text: (span.textContent ?? '').replaceAll('\u00a0', ' '),
        className: /mtk\d+/.exec(span.className)?.[0] ?? '',
      })),
    })),
  );
  return found.sort((a, b) => a.top - b.top).map(line => line.tokens);
}

/** How the token of a line is coloured that has this text in it. */
function classOf(lines: Token[][], line: number, text: string): string {
  const exact = lines[line]?.find(token => token.text.trim() === text);
  const token = exact ?? lines[line]?.find(each => each.text.includes(text));
  if (!token) throw new Error(`no "${text}" in ${JSON.stringify(lines[line])}`);
  return token.className;
}

function distinct(lines: Token[][], line: number, texts: string[]): boolean {
  return new Set(texts.map(text => classOf(lines, line, text))).size === texts.length;
}

const lens = (text: string) =>
  workbench.page.locator('.editor-group-container.active .codelens-decoration a', {
    hasText: new RegExp(`^${text}$`),
  });

const submitted = async () =>
  [...(await redis.hkeys('todo_tasks')), ...(await redis.hkeys('distcomp:todo_tasks'))].sort();
