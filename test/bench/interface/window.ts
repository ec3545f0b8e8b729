/** A window of VS Code beside a queue, timed from its start on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame } from 'playwright-core';
import type { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { dashboardPage } from '../../e2e/dashboardPage';
import { startWorkbench, type Workbench } from '../../e2e/workbench';
import { until } from '../../setup/until';
import { whenRestored } from '../../vscode/runner/browser.mjs';
import { median } from '../suite/statistics';
import { markPaint, watchPaint, whenPainted } from './marks';

/** Views are told at most four times a second: a change that comes sooner waits for its turn. */
const REST_MS = 600;
/** A deadline for a hang. */
const RESTORED_MS = 120_000;

export class TimedWindow {
  private constructor(
    readonly workbench: Workbench,
    private readonly workspace: string,
  ) {}

  static async start(url: string): Promise<TimedWindow> {
    const workspace = await mkdtemp(join(tmpdir(), 'distcomp-bench-'));
    const workbench = await startWorkbench({
      workspace,
      settings: { 'distcomp.redis.url': url },
    });
    await watchPaint(workbench.page);
    // What is watched for begins with the next document.
    await workbench.page.reload({ timeout: RESTORED_MS });
    await whenRestored(workbench.page);
    return new TimedWindow(workbench, workspace);
  }

  /** How long the extension took to load and to activate, as VS Code itself says, ms. */
  async activationMs(): Promise<number> {
    await this.workbench.runCommand('Developer: Show Running Extensions');
    const row = this.workbench.page.locator('.runtime-extensions-editor .extension', {
      hasText: 'DistComp',
    });
    return until(
      async () => {
        const said = await row.locator('.activation-time').innerText({ timeout: 1_000 });
        return Number(/(\d+)\s?ms/.exec(said)?.[1]);
      },
      { describe: 'the time of the activation' },
    );
  }

  /** From the click at the activity bar to the first rows of the tree, ms. */
  async treeMs(): Promise<number> {
    const { page } = this.workbench;
    const header = '.pane-header[aria-label^="Queues"]';
    await markPaint(page, 'tree', `.pane:has(${header}) .monaco-list-row .label-name`, '\\S');
    await this.workbench.showContainer('DistComp');
    const painted = await whenPainted(page, 'tree');
    return painted - (await whenPainted(page, 'click'));
  }

  /** From the click at the command to the first numbers on the page, ms. */
  async dashboardMs(): Promise<{ ms: number; page: Frame }> {
    await this.workbench.runCommand('DistComp: Open Dashboard');
    const clicked = await whenPainted(this.workbench.page, 'click');
    const page = await dashboardPage(this.workbench);
    return { ms: (await whenPainted(page, 'dashboard')) - clicked, page };
  }

  async close(): Promise<void> {
    await this.workbench.close();
    await rm(this.workspace, { recursive: true, force: true });
  }
}

/** From a submission to the new number on the page, ms: the median of so many. */
export async function refreshMs(page: Frame, queue: Queue, times: number): Promise<number> {
  const found: number[] = [];
  for (let i = 0; i < times; i++) {
    await sleep(REST_MS);
    const todo = (await queue.redis.hlen(queue.keys.todo)) + 1;
    await markPaint(page, 'refresh', '#dashboard .count', `^${todo.toLocaleString('en-US')} to do`);
    const began = performance.timeOrigin + performance.now();
    await submit(queue, [`shell:0:0:0:one more than ${todo}`]);
    found.push((await whenPainted(page, 'refresh')) - began);
  }
  return median(found);
}
