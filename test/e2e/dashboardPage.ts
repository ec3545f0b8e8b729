/** The dashboard in a workbench of its own, and the page that it shows. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { expect } from 'vitest';
import { until } from '../setup/until';
import { rememberViolations } from '../vscode/runner/browser.mjs';
import { startWorkbench, type Workbench } from './workbench';

export class DashboardWindow {
  private constructor(
    readonly workbench: Workbench,
    readonly workspace: string,
    /** What the policy of a page forbade, since the beginning. */
    readonly violations: () => Promise<string[]>,
  ) {}

  /** A workbench that is connected to this Redis. */
  static async start(url: string): Promise<DashboardWindow> {
    const workspace = await mkdtemp(join(tmpdir(), 'distcomp-dashboard-'));
    const workbench = await startWorkbench({ workspace, settings: { 'distcomp.redis.url': url } });
    return new DashboardWindow(workbench, workspace, await rememberViolations(workbench.page));
  }

  /** Saves what is on screen, where nothing forbidden was tried. */
  async screenshot(name: string): Promise<void> {
    await this.workbench.screenshot(name);
    expect(await this.violations()).toEqual([]);
  }

  async close(): Promise<void> {
    await this.workbench.close();
    await rm(this.workspace, { recursive: true, force: true });
  }
}

/** The frame that it is in: another one each time it is shown. */
export async function dashboardPage(workbench: Workbench): Promise<Frame> {
  return until(
    async () => {
      for (const frame of workbench.page.frames()) {
        const parts = frame.locator('#dashboard .overview');
        if ((await parts.count().catch(() => 0)) > 0) return frame;
      }
      return undefined;
    },
    { describe: 'the page of the dashboard' },
  );
}

/** Shows one of the parts below the charts. */
export async function showPart(page: Frame, title: string): Promise<void> {
  await page.locator('vscode-panel-tab', { hasText: title }).click();
  await page.locator(`vscode-panel-tab[aria-selected="true"]`, { hasText: title }).waitFor();
}

/** What stands in the row of a table at a place, counted from 0. */
export const tableRow = (page: Frame, table: string, index: number): Locator =>
  page.locator(`.grid.${table} .body [role="row"][aria-rowindex="${index + 2}"]`);

/** The texts of a row, without its box. */
export const cellsOf = (row: Locator): Promise<string[]> => row.locator('.cell').allInnerTexts();

/** One of the buttons above the table that is shown. */
export const tableButton = (page: Frame, text: string): Locator =>
  page.locator('.toolbar vscode-button:visible', { hasText: text });

/** Picks the state of the tasks that are shown. */
export async function chooseState(page: Frame, state: string): Promise<void> {
  await page.locator('.toolbar vscode-dropdown').click();
  await page.locator('.toolbar vscode-option', { hasText: state }).click();
}

/** Puts its tab in front; the page in it is another one then. */
export async function showDashboard(workbench: Workbench): Promise<Frame> {
  await workbench.page.locator('.tab', { hasText: 'DistComp Dashboard' }).click();
  return dashboardPage(workbench);
}
