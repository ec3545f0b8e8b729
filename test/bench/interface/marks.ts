/** Moments at which something is seen for the first time, taken where it is seen: in the page, as its frame is painted. */
import type { Page } from 'playwright-core';
import { until } from '../../setup/until';

const LOOK_MS = 4;

/**
 * From now on each frame of the page, those that come later too, remembers when something that the selector
 * names with a text that the pattern matches was first painted, and when it was last clicked.
 */
export async function watchPaint(page: Page): Promise<void> {
  await page.addInitScript(`{
    window.marks = { seen: {}, waiting: [], timer: undefined };
    const now = () => performance.timeOrigin + performance.now();
    const look = () => {
      for (const mark of marks.waiting) {
        const found = [...document.querySelectorAll(mark.selector)];
        if (!found.some(({ textContent }) => new RegExp(mark.pattern).test(textContent))) continue;
        marks.waiting = marks.waiting.filter(other => other !== mark);
        requestAnimationFrame(() => setTimeout(() => { marks.seen[mark.name] = now(); }));
      }
      if (marks.waiting.length > 0) return;
      clearInterval(marks.timer);
      marks.timer = undefined;
    };
    // By a timer: the frame of a page is written anew after this, which observers do not survive.
    window.markPaint = (name, selector, pattern) => {
      delete marks.seen[name];
      marks.waiting.push({ name, selector, pattern });
      marks.timer ??= setInterval(look, ${LOOK_MS});
    };
    addEventListener('pointerdown', () => { marks.seen.click = now(); }, true);
    // The page of the dashboard: there is no moment at which somebody could ask for it.
    if (window !== top) markPaint('dashboard', '#dashboard .count', '\\d');
  }`);
}

/** What is waited for in the page itself, or in one of its frames. */
interface Marked {
  evaluate<T>(expression: string): Promise<T>;
}

/** Asks for a moment that has not been yet. */
export async function markPaint(
  where: Marked,
  name: string,
  selector: string,
  pattern: string,
): Promise<void> {
  const values = [name, selector, pattern].map(value => JSON.stringify(value));
  await where.evaluate(`markPaint(${values})`);
}

/** @returns ms since 1970, with fractions, once it has been */
export function whenPainted(where: Marked, name: string): Promise<number> {
  const seen = () => where.evaluate<number>(`marks.seen[${JSON.stringify(name)}] ?? 0`);
  return until(seen, { describe: `"${name}" to be painted`, timeoutMs: 60_000 });
}
