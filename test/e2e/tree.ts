import type { Locator, Page } from 'playwright-core';
import { until } from '../setup/until';

export interface TreeRow {
  label: string;
  /** The dimmed text after the label. */
  description: string;
  /** 1 for the outermost. */
  level: number;
  /** Undefined: it cannot be expanded. */
  expanded: boolean | undefined;
}

/** The tree of one view, as a person sees and uses it. Labels are given whole. */
export class Tree {
  private readonly pane: Locator;

  constructor(
    private readonly page: Page,
    private readonly view: string,
  ) {
    const header = page.locator(`.pane-header[aria-label^=${JSON.stringify(view)}]`);
    this.pane = page.locator('.pane', { has: header });
  }

  /** The rows that are on screen, from the top. A long list shows about forty. */
  async rows(): Promise<TreeRow[]> {
    const seen = await this.pane.locator('.monaco-list-row').evaluateAll(elements =>
      elements.map(element => {
        const text = (part: string) => element.querySelector(part)?.textContent ?? '';
        return {
          index: Number(element.getAttribute('data-index')),
          label: text('.label-name'),
          description: text('.label-description'),
          level: Number(element.getAttribute('aria-level')),
          expanded: element.getAttribute('aria-expanded'),
        };
      }),
    );
    return seen
      .sort((a, b) => a.index - b.index)
      .map(({ label, description, level, expanded }) => ({
        label,
        description,
        level,
        expanded: expanded === null ? undefined : expanded === 'true',
      }));
  }

  /** Unfolds the view itself, if it is folded. */
  unfold(): Promise<void> {
    return this.#makeFolded(false);
  }

  /** Folds the view itself, if it is not. */
  fold(): Promise<void> {
    return this.#makeFolded(true);
  }

  async #makeFolded(folded: boolean): Promise<void> {
    const header = this.pane.locator('.pane-header');
    const isDone = async () => (await header.getAttribute('aria-expanded')) === String(!folded);
    if (await isDone()) return;
    await header.click();
    await until(isDone, {
      describe: `the view "${this.view}" to be ${folded ? 'folded' : 'unfolded'}`,
    });
  }

  /** What an empty view says instead of rows, its buttons included. */
  async welcome(): Promise<string> {
    return this.pane.locator('.welcome-view').innerText();
  }

  /** What an empty view offers to do: its buttons, from the top. */
  async welcomeActions(): Promise<string[]> {
    const buttons = await this.pane.locator('.welcome-view .monaco-button').allInnerTexts();
    return buttons.map(text => text.trim());
  }

  /** Presses a button of an empty view. */
  async clickWelcome(button: string): Promise<void> {
    await this.pane.locator('.welcome-view .monaco-button', { hasText: exactly(button) }).click();
  }

  /** Expands a row if it is not, and returns when it is. */
  async expand(label: string): Promise<void> {
    const row = await this.reveal(label);
    await until(
      async () => {
        if ((await row.getAttribute('aria-expanded')) === 'true') return true;
        await row.locator('.monaco-tl-twistie').click({ timeout: 5_000 });
        return false;
      },
      { describe: () => this.describe(`"${label}" to be expanded`) },
    );
  }

  /** Clicks a row, as one that does something. */
  async click(label: string): Promise<void> {
    await (await this.reveal(label)).locator('.label-name').click();
  }

  /** Clicks rows so that exactly these are selected. */
  async select(labels: string[]): Promise<void> {
    for (const [position, label] of labels.entries()) {
      const row = await this.reveal(label);
      const modifiers: 'ControlOrMeta'[] = position === 0 ? [] : ['ControlOrMeta'];
      await this.leaveRows();
      await row.locator('.label-name').click({ modifiers });
      await until(async () => (await row.getAttribute('aria-selected')) === 'true', {
        describe: () => this.describe(`"${label}" to be selected`),
      });
    }
  }

  /** Right-clicks the rows, several if several are given, and chooses an item of the menu. */
  async contextMenu(labels: string[], item: string): Promise<void> {
    await until(
      async () => {
        const menu = await this.openContextMenu(labels);
        const choice = menu.locator('.action-menu-item', { hasText: exactly(item) });
        if ((await choice.count()) > 0) {
          await takeFromMenu(menu, item);
          return true;
        }
        // What a row offers may come with its next state.
        await this.page.keyboard.press('Escape');
        await menu.waitFor({ state: 'detached' });
        return false;
      },
      { describe: () => this.describe(`"${item}" in the menu of "${labels.join(', ')}"`) },
    );
  }

  /** The items that the menu of these rows offers; closes it again. */
  async contextMenuItems(labels: string[]): Promise<string[]> {
    const menu = await this.openContextMenu(labels);
    const items = await menu.locator('.action-menu-item .action-label').allInnerTexts();
    await this.page.keyboard.press('Escape');
    await menu.waitFor({ state: 'detached' });
    return items.filter(text => text !== '');
  }

  /** Presses one of the icons that the title of the view shows under the pointer. */
  async clickTitle(action: string): Promise<void> {
    await this.pane.locator('.pane-header').hover();
    const icon = `.pane-header .action-label[aria-label=${JSON.stringify(action)}]`;
    await this.pane.locator(icon).click();
  }

  /** Presses one of the icons that a row shows under the pointer. */
  async clickInline(label: string, action: string): Promise<void> {
    const icon = `.actions .action-label[aria-label=${JSON.stringify(action)}]`;
    await until(
      async () => {
        const row = await this.reveal(label);
        // A row that moves from under the pointer hides its icons, until the pointer comes again.
        await row.hover({ timeout: 5_000 });
        return row.locator(icon).click({ timeout: 5_000 }).then(yes, wasClicked);
      },
      { describe: () => this.describe(`"${action}" of "${label}" to be pressed`) },
    );
  }

  /** What is told of a row when the pointer rests on it, with these words in it. */
  async tooltipOf(label: string, words: string): Promise<string> {
    const tooltip = this.page.locator('.monaco-hover-content', { hasText: words });
    return until(
      async () => {
        // A row that is redrawn meanwhile loses its tooltip, until the pointer comes again.
        await this.leaveRows();
        await this.pane
          .locator('.monaco-list-row', { hasText: label })
          .last()
          .hover({ timeout: 5_000 });
        const came = await tooltip.waitFor({ timeout: 3_000 }).then(
          () => true,
          () => false,
        );
        if (came) return plain((await tooltip.textContent()) ?? '');
        const others = await this.page.locator('.monaco-hover-content').allTextContents();
        throw new Error(`what is told is ${JSON.stringify(others.map(plain))}`);
      },
      { describe: `a tooltip of "${label}" that says "${words}"` },
    );
  }

  /** The tooltip of a row lies on those below it for as long as the pointer is there. */
  private async leaveRows(): Promise<void> {
    await this.page.mouse.move(0, 0);
  }

  private async openContextMenu(labels: string[]): Promise<Locator> {
    if (labels.length > 1) await this.select(labels);
    const last = labels.at(-1);
    if (last === undefined) throw new Error('No row was named');
    const menu = this.page.locator('.monaco-menu');
    const focused = this.pane.locator('.monaco-list-row.focused .label-name');
    await until(
      async () => {
        const row = await this.reveal(last);
        await row.locator('.label-name').click({ button: 'right' });
        await menu.locator('.action-menu-item').first().waitFor();
        if ((await focused.textContent())?.trim() === last.trim()) return true;
        // The rows moved between the look and the click: this is the menu of another one.
        await this.page.keyboard.press('Escape');
        await menu.waitFor({ state: 'detached' });
        return false;
      },
      { describe: () => this.describe(`the menu of "${last}"`) },
    );
    return menu;
  }

  /** Scrolls until the row is on screen: rows outside are not in the page at all. */
  private async reveal(label: string): Promise<Locator> {
    const name = this.page.locator('.label-name', { hasText: exactly(label) });
    const row = this.pane.locator('.monaco-list-row', { has: name }).first();
    await until(
      async () => {
        if (await row.isVisible()) return true;
        const atEnd = await this.pane.locator('.monaco-list-row[data-last-element=true]').count();
        // Moves the focus and what is shown, not the selection.
        await this.pane.locator('.monaco-list').press(atEnd > 0 ? 'Home' : 'PageDown', {
          timeout: 5_000,
        });
        return false;
      },
      { describe: () => this.describe(`a row "${label}"`) },
    );
    await row.scrollIntoViewIfNeeded();
    return row;
  }

  private async describe(wanted: string): Promise<string> {
    const rows = await this.rows().catch(() => []);
    const lines = rows.map(
      ({ level, label, description }) => `${'  '.repeat(level)}${label}  ${description}`,
    );
    return `${wanted} in the view "${this.view}", which shows\n${lines.join('\n')}\n`;
  }
}

export const yes = () => true;

/** Whether a click that timed out was made all the same: it waits for the page afterwards too. */
export const wasClicked = (error: Error) => /click action done|navigation/.test(error.message);

/** A pattern for exactly this text. */
export const exactly = (text: string) =>
  new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);

/**
 * Takes an item from a context menu that is opening, and returns as soon as the menu is gone: a click by the
 * item itself would wait for it to come back where the menu closes under it.
 */
export async function takeFromMenu(menu: Locator, item: string): Promise<void> {
  const choice = menu.locator('.action-menu-item', { hasText: exactly(item) });
  // Until then a menu that is hidden is none that closed.
  await choice.waitFor();
  await until(
    async () => {
      if (await menu.isHidden()) return true;
      const { x, y, width, height } = (await choice.boundingBox({ timeout: 5_000 })) ?? NOWHERE;
      if (width === 0) return false;
      await menu.page().mouse.click(x + width / 2, y + height / 2);
      // A menu takes no click in its first tenth of a second.
      await menu.waitFor({ state: 'hidden', timeout: 300 });
      return true;
    },
    { describe: `"${item}" to be taken from the menu` },
  );
}

const NOWHERE = { x: 0, y: 0, width: 0, height: 0 };

/** With the spaces that a renderer of Markdown makes unbreakable. */
function plain(text: string): string {
  return text.replaceAll('\u00a0', ' ');
}
