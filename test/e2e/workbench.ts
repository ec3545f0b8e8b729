/**
 * A person at VS Code, for the tests in this folder: a plain workbench with the packaged extension
 * installed, in Chromium. Everything waits for what a person would see; nothing reaches into the
 * extension.
 */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { until } from '../setup/until';
import { openPage, rememberNotices, whenRestored } from '../vscode/runner/browser.mjs';
import { ensureCodeServer } from '../vscode/runner/codeServer.mjs';
import { startServer } from '../vscode/runner/server.mjs';
import { exactly, Tree, takeFromMenu, wasClicked, yes } from './tree';

const project = join(import.meta.dirname, '..', '..');
export interface WorkbenchOptions {
  /** The extension to install. Default: `distcomp.vsix`, as `npm run package` leaves it. */
  vsix?: string;
  /** The folder to open, absolute. */
  workspace: string;
  /** User settings. */
  settings?: Record<string, unknown>;
  /** Those that neither a user elsewhere nor a folder may set. */
  machineSettings?: Record<string, unknown>;
  /** Ask whether the folder is trusted, as a desktop does. Default: everything is trusted. */
  workspaceTrust?: boolean;
}

/** For workers on a machine that has little memory left. */
export const NO_ROOM_SETTINGS = {
  'distcomp.workers.minFreeMemory': 0.001,
  'distcomp.workers.giveBackMemory': 0.001,
};

/** The one in which a window begins stands last, so that it is left as it was. */
const THEMES = [
  ['light', 'Light Modern', 'vs'],
  ['high-contrast', 'Dark High Contrast', 'hc-black'],
  ['high-contrast-light', 'Light High Contrast', 'hc-light'],
  ['dark', 'Dark Modern', 'vs-dark'],
] as const;

/** Starts a workbench and returns when it is restored. */
export async function startWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  await ensureCodeServer();
  const { workspace, ...rest } = options;
  const server = await startServer({ vsix: join(project, 'distcomp.vsix'), ...rest });
  let close = server.stop;
  try {
    const { browser, page } = await openPage();
    close = async () => {
      await browser.close();
      await server.stop();
    };
    const notices = await rememberNotices(page);
    await page.goto(`${server.url}?folder=${encodeURIComponent(workspace)}`);
    await whenRestored(page);
    return new Workbench(page, join(server.folder, 'user-data'), notices, close);
  } catch (error) {
    await close();
    throw error;
  }
}

type RememberedNotices = Awaited<ReturnType<typeof rememberNotices>>;

export class Workbench {
  private readonly quickInput: Locator;
  private readonly input: Locator;
  /** The title of the last one that was run. */
  #command: string | undefined;

  constructor(
    readonly page: Page,
    /** Where VS Code keeps settings and what extensions store. */
    readonly userData: string,
    private readonly remembered: RememberedNotices,
    /** Ends browser, server and extension host and removes their folders. */
    readonly close: () => Promise<void>,
  ) {
    this.quickInput = page.locator('.quick-input-widget');
    this.input = this.quickInput.locator('.quick-input-box input');
  }

  /** Saves what is on screen as `artefacts/NAME.png`. */
  async screenshot(name: string): Promise<void> {
    const folder = join(project, 'artefacts');
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  /** The same in every kind of theme, as `artefacts/NAME-KIND.png`. */
  async screenshotInThemes(name: string): Promise<void> {
    for (const [kind, theme, className] of THEMES) {
      await this.setTheme(theme, className);
      await this.screenshot(`${name}-${kind}`);
    }
  }

  /** Shows a container of the activity bar: `DistComp`. */
  async showContainer(title: string): Promise<void> {
    // Its name grows by what a badge says.
    const label = `.action-label[aria-label^=${JSON.stringify(title)}]`;
    const item = this.page.locator('.activitybar .action-item', {
      has: this.page.locator(label),
    });
    await item.waitFor();
    // A click on the one that is shown would hide it.
    if ((await item.getAttribute('aria-expanded')) !== 'true') await item.click();
    await until(async () => (await item.getAttribute('aria-expanded')) === 'true', {
      describe: `the container "${title}" to be shown`,
    });
  }

  /** The number at a container of the activity bar; empty when there is none. */
  async badge(title: string): Promise<string> {
    const label = `.action-label[aria-label^=${JSON.stringify(title)}]`;
    const item = this.page.locator('.activitybar .action-item', {
      has: this.page.locator(label),
    });
    return item.locator('.badge-content').innerText();
  }

  /** Right-clicks files in the explorer, several if several are named, and chooses an item of the menu. */
  async explorerMenu(names: string[], item: string): Promise<void> {
    await this.showContainer('Explorer');
    const files = this.page.locator('.explorer-folders-view .monaco-list-row');
    for (const [position, name] of names.entries()) {
      const modifiers: 'ControlOrMeta'[] = position === 0 ? [] : ['ControlOrMeta'];
      await files.filter({ hasText: exactly(name) }).click({ modifiers });
    }
    const last = files.filter({ hasText: exactly(names.at(-1) ?? '') });
    await last.click({ button: 'right' });
    await takeFromMenu(this.page.locator('.monaco-menu'), item);
  }

  /** The tree of a view in the sidebar, by the view's title. */
  tree(view: string): Tree {
    return new Tree(this.page, view);
  }

  /** Runs a command through the palette by its whole title: `DistComp: Submit Tasks`. */
  async runCommand(title: string): Promise<void> {
    this.#command = title;
    await this.quickOpen('F1', `>${title}`, title);
  }

  /** Chooses a colour theme by its name; `className` marks its kind on the page: `vs`, `hc-black`. */
  async setTheme(theme: string, className: string): Promise<void> {
    await this.runCommand('Preferences: Color Theme');
    await this.type('Select Color Theme', theme);
    await this.page.locator(`.monaco-workbench.${className}`).waitFor();
    // Some parts are coloured a moment later than the whole.
    await this.page.evaluate(
      'new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))',
    );
  }

  /** As the command of that name does: what the window keeps is kept. Resolves when it is restored. */
  async reload(): Promise<void> {
    const gone = this.page.waitForEvent('load');
    await this.runCommand('Developer: Reload Window');
    await gone;
    await whenRestored(this.page);
  }

  /** A second window of the same folder, which its `close()` closes. */
  async another(): Promise<Workbench> {
    const page = await this.page.context().newPage();
    const notices = await rememberNotices(page);
    await page.goto(this.page.url());
    await whenRestored(page);
    return new Workbench(page, this.userData, notices, () => page.close());
  }

  /** Opens a file by its absolute path. */
  async openFile(path: string): Promise<void> {
    await this.quickOpen('ControlOrMeta+p', path, basename(path));
    await this.page.locator('.tab.active', { hasText: basename(path) }).waitFor();
  }

  /** Chooses one item of the list that a command shows. */
  async pick(label: string): Promise<void> {
    const opened = this.#command;
    await until(
      async () => {
        // The list may be made anew at any moment: with the row goes the click at it.
        const isDone = await this.item(label).click({ timeout: 5_000 }).then(yes, wasClicked);
        // A list closes when something takes the focus from it; a person opens it again.
        if (!isDone && opened && !(await this.quickInput.isVisible()))
          await this.runCommand(opened);
        return isDone;
      },
      { describe: `"${label}" to be picked` },
    );
  }

  /** Ticks these items of a list that takes several, and accepts. */
  async pickSeveral(labels: string[]): Promise<void> {
    for (const label of labels) await this.item(label).locator('.monaco-checkbox').click();
    await this.input.press('Enter');
  }

  /** The labels of the items that a list offers now, without the details below them. */
  async pickLabels(): Promise<string[]> {
    await this.item(/./).first().waitFor();
    const labels = '.quick-input-list-rows > .quick-input-list-row:first-child .label-name';
    return this.quickInput.locator(labels).allInnerTexts();
  }

  /** The items that a list offers now, each with the detail below it if there is one. */
  async pickItems(): Promise<string[]> {
    await this.item(/./).first().waitFor();
    return this.quickInput.locator('.monaco-list-row .label-name').allInnerTexts();
  }

  /** Answers an input box; `prompt` is part of what it says, so that the right one is answered. */
  async type(prompt: string, text: string): Promise<void> {
    const message = this.quickInput.locator('.quick-input-message', { hasText: prompt });
    await message.or(this.quickInput.getByPlaceholder(prompt)).first().waitFor();
    await this.input.fill(text);
    await this.input.press('Enter');
  }

  /** Names a file or a folder in the dialog that a workbench in a browser has; `title` is part of its own. */
  async nameFile(title: string, path: string): Promise<void> {
    const dialog = this.quickInput.locator('.quick-input-title', { hasText: title });
    await dialog.waitFor();
    await until(
      async () => {
        if (await dialog.isHidden()) return true;
        await this.input.fill(path);
        const now = await this.input.inputValue({ timeout: 1_000 });
        if (now !== path) throw new Error(`it has made it ${JSON.stringify(now)}`);
        await this.input.press('Enter');
        // When it has read a folder meanwhile, that stands there again, and Enter was for that.
        await dialog.waitFor({ state: 'hidden', timeout: 2_000 });
        return true;
      },
      { describe: `"${path}" to be taken by the dialog "${title}"` },
    );
  }

  /**
   * The texts of all notices since `clearNotices`, oldest first, those that are hidden again
   * included.
   */
  notices(): Promise<string[]> {
    return this.remembered.all();
  }

  /** Waits for a notice that contains the text, and returns the whole of it. */
  async notice(text: string): Promise<string> {
    let seen: string[] = [];
    return until(
      async () => {
        seen = await this.notices();
        return seen.find(notice => notice.includes(text));
      },
      { describe: () => `a notice "${text}", there were ${JSON.stringify(seen)}` },
    );
  }

  /** Presses a button of the notice that contains the text. */
  async answerNotice(text: string, button: string): Promise<void> {
    await this.notice(text);
    // It may be hidden by now; the notification centre has it until it is answered.
    await this.runCommand('Notifications: Show Notifications');
    const item = this.page.locator('.notifications-center .notification-list-item', {
      hasText: text,
    });
    await until(
      async () => {
        // A notice that comes meanwhile moves the others.
        await item.hover({ timeout: 5_000 });
        const choice = item.locator('.monaco-button', { hasText: exactly(button) });
        return choice.click({ timeout: 5_000 }).then(yes, wasClicked);
      },
      { describe: `"${button}" of the notice "${text}" to be pressed` },
    );
    await this.closeNotifications();
  }

  /** The texts of the notices that nobody has answered. */
  async listedNotices(): Promise<string[]> {
    await this.runCommand('Notifications: Show Notifications');
    const list = this.page.locator('.notifications-center');
    await list.waitFor();
    const texts = await list.locator('.notification-list-item').allInnerTexts();
    await this.closeNotifications();
    return texts;
  }

  /** Notices of what was done before would be taken for those of what is done next. */
  async clearNotices(): Promise<void> {
    await this.runCommand('Notifications: Clear All Notifications');
    await until(
      async () =>
        (await this.page.locator('.notifications-toasts .notification-list-item').count()) === 0,
      {
        describe: 'all notices to be gone',
      },
    );
    await this.remembered.forget();
  }

  /** While the list is open, what comes stands in it and shows itself no other way. */
  private async closeNotifications(): Promise<void> {
    const list = this.page.locator('.notifications-center');
    await until(
      async () => {
        if (await list.isHidden()) return true;
        await list.locator('.codicon-notifications-hide').click({ timeout: 5_000 });
        return false;
      },
      { describe: 'the list of notifications to be closed' },
    );
  }

  /** Presses a button of the modal dialog, and returns what the dialog said. */
  async answerDialog(button: string): Promise<string> {
    const dialog = this.page.locator('.monaco-dialog-box');
    await dialog.waitFor();
    const said = await dialog.locator('.dialog-message-container').innerText();
    await dialog.locator('.monaco-button', { hasText: exactly(button) }).click();
    await dialog.waitFor({ state: 'detached' });
    return said;
  }

  /** What each item of the status bar says, from the left. */
  async statusBar(): Promise<string[]> {
    return this.page.locator('.statusbar-item:visible').allInnerTexts();
  }

  /** The lines of the active editor that are on screen. */
  async editorText(): Promise<string> {
    return this.linesOf('.editor-group-container.active');
  }

  /** The same of the editor beside it. */
  async editorTextBeside(): Promise<string> {
    return this.linesOf('.editor-group-container:not(.active)');
  }

  /** What is on screen of the channel that the output panel shows. */
  outputText(): Promise<string> {
    return this.linesOf('.part.panel');
  }

  /** The text on the clipboard of the browser. */
  async clipboard(): Promise<string> {
    await this.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    return this.page.evaluate<string>('navigator.clipboard.readText()');
  }

  /** What is on screen of both sides of the active diff editor, left and right. */
  async diffText(): Promise<[original: string, modified: string]> {
    const [left, right] = await Promise.all(
      ['.editor.original', '.editor.modified'].map(side =>
        this.linesOf(`.editor-group-container.active .monaco-diff-editor ${side}`),
      ),
    );
    return [left ?? '', right ?? ''];
  }

  private async linesOf(editor: string): Promise<string> {
    const lines = this.page.locator(`${editor} .view-lines .view-line`);
    const found = await lines.evaluateAll(elements =>
      elements.map(element => ({
        top: (element as { style?: { top?: string } }).style?.top ?? '',
        text: element.textContent ?? '',
      })),
    );
    return found
      .sort((a, b) => Number.parseFloat(a.top) - Number.parseFloat(b.top))
      .map(line => line.text.replaceAll('\u00a0', ' '))
      .join('\n');
  }

  /** Opens quick open by its key, types, and chooses the item once it is offered. */
  private async quickOpen(key: string, text: string, label: string): Promise<void> {
    const row = this.item(label).first();
    let isClicked = false;
    await until(
      async () => {
        // Gone, or at the next question of the command. Nothing more is pressed: that would be for this.
        if (isClicked) return !(await this.asks(text));
        if (!(await this.quickInput.isVisible())) await this.page.keyboard.press(key);
        // Emptied first: the list is made anew, with the commands that came meanwhile.
        await this.input.fill('', { timeout: 5_000 });
        await this.input.fill(text, { timeout: 5_000 });
        await row.waitFor({ timeout: 5_000 });
        // What takes the focus closes the list, and with it goes the row under the click.
        isClicked = await row.click({ timeout: 5_000 }).then(yes, wasClicked);
        return false;
      },
      { describe: `"${label}" to be chosen of what is offered for "${text}"` },
    );
  }

  /** Throws when it is gone between the two looks: the next one says so. */
  private async asks(text: string): Promise<boolean> {
    if (!(await this.quickInput.isVisible())) return false;
    return (await this.input.inputValue({ timeout: 1_000 })) === text;
  }

  private item(label: string | RegExp): Locator {
    const name = this.page.locator('.label-name', {
      hasText: typeof label === 'string' ? exactly(label) : label,
    });
    return this.quickInput.locator('.monaco-list-row', { has: name });
  }
}
