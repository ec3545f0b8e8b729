/** The page of the dashboard in a workbench. */
import type { Frame } from 'playwright-core';
import { until } from '../setup/until';
import type { Workbench } from './workbench';

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
