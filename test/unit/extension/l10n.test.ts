import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sources } from '../../setup/manifest';

const BUNDLE = fileURLToPath(new URL('../../../l10n/bundle.l10n.json', import.meta.url));

/** `l10n.t(…)`, or `t(…)` where it was taken from there. */
const CALL = /(?<![\w.])(?:vscode\.l10n\.|l10n\.)?t\(\s*/g;
const LITERAL = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"/y;

/** What the source text of a literal stands for. */
const unescaped = (text: string) =>
  text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));

/** The texts of a file, and the places of calls whose text is no plain literal. */
function textsOf(source: string): { found: string[]; unreadable: string[] } {
  const found: string[] = [];
  const unreadable: string[] = [];
  for (const { 0: call, index } of source.matchAll(CALL)) {
    LITERAL.lastIndex = index + call.length;
    const [, single, double] = LITERAL.exec(source) ?? [];
    const text = single ?? double;
    if (text === undefined) unreadable.push(source.slice(index, index + 60));
    else found.push(unescaped(text));
  }
  return { found, unreadable };
}

const files = [...sources('src/extension')].filter(([, text]) => text.includes('l10n'));

describe('texts that the extension shows', () => {
  it.each(files)('of %s are literals, which can be collected', (_, text) => {
    expect(textsOf(text).unreadable).toEqual([]);
  });

  it('are all in l10n/bundle.l10n.json, for who translates them; -u writes it', async () => {
    const all = [...new Set(files.flatMap(([, text]) => textsOf(text).found))].toSorted();
    expect(all.length).toBeGreaterThan(50);
    expect(all).toContain('{0} is no host file.\n{1}');
    const bundle = Object.fromEntries(all.map(text => [text, text]));
    await expect(`${JSON.stringify(bundle, null, 2)}\n`).toMatchFileSnapshot(BUNDLE);
  });
});
