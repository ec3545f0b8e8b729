/** Makes one file of the suite of test/vscode/suite: what VS Code is told to run. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const suite = join(import.meta.dirname, 'suite');
export const bundle = join(import.meta.dirname, '..', '..', 'dist', 'test', 'index.js');

export async function bundleSuite() {
  const files = (await readdir(suite)).filter(name => name.endsWith('.test.ts')).sort();
  // Required one by one and late: mocha's `describe` must be there when they load.
  const load = files.map(name => `require(${JSON.stringify(`./${name}`)});`).join('\n');
  await build({
    stdin: {
      contents: `import { runSuite } from './index';
        export const run = () => runSuite(() => { ${load} });`,
      resolveDir: suite,
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    loader: { '.lua': 'text', '.sh': 'text' },
    outfile: bundle,
    logLevel: 'warning',
  });
}

// By itself it only bundles: for the suite in a debugger.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await bundleSuite();
