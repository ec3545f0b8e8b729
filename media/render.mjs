/** Makes media/icon.png (256 × 256) out of media/icon.svg: `node media/render.mjs`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openPage } from '../test/vscode/runner/browser.mjs';

const here = import.meta.dirname;
const { browser, page } = await openPage();
try {
  await page.setViewportSize({ width: 256, height: 256 });
  const svg = await readFile(join(here, 'icon.svg'), 'utf8');
  await page.setContent(`<style>body{margin:0}svg{display:block}</style>${svg}`);
  await page.screenshot({ path: join(here, 'icon.png'), omitBackground: true });
} finally {
  await browser.close();
}
