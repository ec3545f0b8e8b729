import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const vsix = join(import.meta.dirname, '..', '..', 'distcomp.vsix');

/** What users install, and nothing else. */
const PACKED = [
  'extension/package.json',
  'extension/package.nls.json',
  'extension/l10n/bundle.l10n.json',
  'extension/readme.md',
  'extension/changelog.md',
  'extension/LICENSE.txt',
  'extension/dist/extension.js',
  'extension/dist/worker.js',
  'extension/dist/keeper.js',
  'extension/dist/dashboard.js',
  'extension/dist/dashboard.css',
  'extension/syntaxes/language-configuration.json',
  'extension/syntaxes/distcomp-tasks.tmLanguage.json',
  'extension/media/icon.png',
  'extension/media/distcomp.svg',
  // Of the format.
  'extension.vsixmanifest',
  '[Content_Types].xml',
];

const ENTRY = 0x02014b50;
const END = 0x06054b50;

/** The names in the central directory of a zip file. */
function namesIn(zip: Buffer): string[] {
  let end = zip.length - 22;
  while (zip.readUInt32LE(end) !== END) end--;
  const names: string[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    if (zip.readUInt32LE(at) !== ENTRY) throw new Error(`no entry at ${at}`);
    const lengths = [28, 30, 32].map(field => zip.readUInt16LE(at + field));
    const [name = 0, extra = 0, comment = 0] = lengths;
    names.push(zip.toString('utf8', at + 46, at + 46 + name));
    at += 46 + name + extra + comment;
  }
  return names;
}

describe('the package', () => {
  it('holds exactly what is meant to be installed, in less than 1 MB', async () => {
    const zip = await readFile(vsix);
    expect(namesIn(zip).toSorted()).toEqual(PACKED.toSorted());
    expect(zip.length).toBeLessThan(1_000_000);
  });
});
