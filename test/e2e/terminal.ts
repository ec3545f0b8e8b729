import type { Locator, Page } from 'playwright-core';
import { until } from '../setup/until';

/** What makes the text of terminals part of the page. */
export const READABLE_TERMINALS = { 'terminal.integrated.gpuAcceleration': 'off' };

/** The terminal that is shown in the panel. */
export class Terminal {
  private readonly shown: Locator;

  constructor(private readonly page: Page) {
    this.shown = page.locator('.terminal-wrapper.active .xterm');
  }

  /** What is on its screen. */
  async text(): Promise<string> {
    const rows = await this.shown.locator('.xterm-rows > div').allTextContents();
    return rows.map(row => row.replaceAll('\u00a0', ' ').trimEnd()).join('\n');
  }

  /** Waits until the screen has this text. */
  async shows(wanted: string): Promise<void> {
    let text = '';
    await until(
      async () => {
        text = await this.text().catch(() => '');
        // A line that is too long for the panel goes on in the next row.
        return text.replaceAll('\n', '').includes(wanted);
      },
      { describe: () => `"${wanted}" in the terminal, which shows\n${text}\n` },
    );
  }

  /** Types a line and Enter. */
  async type(line: string): Promise<void> {
    await this.shown.locator('.xterm-helper-textarea').focus();
    await this.page.keyboard.type(line);
    await this.page.keyboard.press('Enter');
  }
}
