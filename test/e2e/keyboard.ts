/** A person who has no mouse. */
import type { Page } from 'playwright-core';
import { until } from '../setup/until';

export class Keyboard {
  #presses = 0;

  private constructor(private readonly page: Page) {}

  /** Counts every press of a pointer from the next load of the page on. */
  static async at(page: Page): Promise<Keyboard> {
    const keyboard = new Keyboard(page);
    await page.exposeFunction('distcompPointerPressed', () => {
      keyboard.#presses++;
    });
    await page.addInitScript(
      "addEventListener('pointerdown', () => distcompPointerPressed(), true)",
    );
    return keyboard;
  }

  /** How many times a pointer was pressed so far. */
  get pointerPresses(): number {
    return this.#presses;
  }

  /** Runs a command by its whole title in the palette. */
  async command(title: string): Promise<void> {
    await this.open('F1', `>${title}`, title);
  }

  /** Opens a file of the workspace by its name. */
  async file(name: string): Promise<void> {
    await this.open('ControlOrMeta+p', name, name);
    await this.page.locator('.tab.active', { hasText: name }).waitFor();
  }

  /** Walks down the focused tree until the row that begins so has the focus; from its top if need be. */
  async walkTo(label: string): Promise<void> {
    // Before the tree has the focus, keys are for something else.
    await this.page.locator('.pane .monaco-list:focus').waitFor();
    await this.page.keyboard.press('Home');
    let before: string | undefined;
    await until(
      async () => {
        const focused = await this.focusedRow();
        if (focused.startsWith(label)) return true;
        // At the end from the top again: rows may have come above meanwhile.
        await this.page.keyboard.press(focused === before ? 'Home' : 'ArrowDown');
        before = focused;
        return false;
      },
      { describe: async () => `the focus on "${label}", it is on "${await this.focusedRow()}"` },
    );
  }

  /** The text of the row of a view that has the focus. */
  async focusedRow(): Promise<string> {
    const row = this.page.locator('.pane .monaco-list.element-focused .monaco-list-row.focused');
    const texts = await row.locator('.label-name').allInnerTexts();
    return texts[0] ?? '';
  }

  private async open(key: string, text: string, label: string): Promise<void> {
    const widget = this.page.locator('.quick-input-widget');
    const focused = widget.locator('.monaco-list-row.focused .label-name');
    await until(
      async () => {
        if (await widget.isHidden()) await this.page.keyboard.press(key);
        const box = widget.locator('.quick-input-box input');
        await box.fill('', { timeout: 5_000 });
        await box.fill(text, { timeout: 5_000 });
        await until(async () => (await focused.first().innerText()).trim() === label, {
          timeoutMs: 5_000,
        });
        return true;
      },
      { describe: `"${label}" to be offered first for "${text}"` },
    );
    await this.page.keyboard.press('Enter');
    await until(async () => {
      const box = widget.locator('.quick-input-box input');
      return (await widget.isHidden()) || (await box.inputValue({ timeout: 1_000 })) !== text;
    });
  }
}
