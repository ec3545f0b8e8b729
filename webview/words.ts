/** What the page says by itself: the host has put it into the page. */
import type { PageWords } from '../src/protocol';

export const words: PageWords = JSON.parse(
  document.getElementById('dashboard')?.dataset.words ?? '',
);

/** A text with what stands for `{0}`. */
export const filled = (text: string, what: string): string => text.replace('{0}', () => what);
