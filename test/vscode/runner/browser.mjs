/** The browser in which the workbench of the tests is shown, and what runs inside its page. */
import { chromium } from 'playwright-core';

/** Debian's Chromium, unless another one is named. */
const executablePath = process.env.DISTCOMP_TEST_CHROMIUM ?? '/usr/bin/chromium';

/** Opens an empty page; `close()` of its browser ends all of it. */
export async function openPage() {
  const browser = await chromium.launch({
    executablePath,
    args: [
      // Chromium refuses its sandbox to root, which is who runs tests in containers.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync'],
      // Nothing but the server of the test: a run is the same with and without a network.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
  // Of its own, so that it may have a second page.
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  // A deadline for a hang, never a measure of speed.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  return { browser, page };
}

/** Resolves when the workbench in the page has restored its views and editors. */
export async function whenRestored(page) {
  await page.waitForFunction(
    // VS Code's own mark of that moment.
    () => performance.getEntriesByName('code/didStartWorkbench').length > 0,
    undefined,
    { timeout: 120_000 },
  );
}

/**
 * Remembers every notice that the workbench ever shows: they hide after some seconds, and a slow
 * test must not miss one. Call it before the page loads.
 * @param {import('playwright-core').Page} page
 * @returns {Promise<{ all: () => Promise<string[]>, forget: () => Promise<void> }>} the texts since
 * the last `forget`, oldest first
 */
export async function rememberNotices(page) {
  await page.addInitScript(() => {
    window.distcompNotices = [];
    new MutationObserver(changes => {
      for (const node of changes.flatMap(change => [...change.addedNodes])) {
        if (!(node instanceof HTMLElement)) continue;
        // The notification centre shows again what was shown; while it is open, new ones come there alone.
        const isCentre = node.closest('.notifications-center');
        for (const { textContent } of node.querySelectorAll('.notification-list-item-message'))
          if (!isCentre || !window.distcompNotices.includes(textContent))
            window.distcompNotices.push(textContent);
      }
    }).observe(document, { childList: true, subtree: true });
  });
  return {
    all: () => page.evaluate(() => window.distcompNotices),
    forget: () =>
      page.evaluate(() => {
        window.distcompNotices = [];
      }),
  };
}

/**
 * Remembers whatever the policies of pages forbid, in every frame that loads from now on.
 * @param {import('playwright-core').Page} page
 * @returns {Promise<() => Promise<string[]>>} what was forbidden so far, in frames that are still there
 */
export async function rememberViolations(page) {
  await page.addInitScript(() => {
    window.distcompViolations = [];
    addEventListener('securitypolicyviolation', event => {
      const { violatedDirective, blockedURI, sourceFile } = event;
      window.distcompViolations.push(`${violatedDirective}: ${blockedURI} in ${sourceFile}`);
    });
  });
  return async () => {
    const found = page
      .frames()
      // A frame may go while it is asked.
      .map(frame => frame.evaluate(() => window.distcompViolations ?? []).catch(() => []));
    return (await Promise.all(found)).flat();
  };
}
