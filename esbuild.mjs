// Makes the bundles of dist/: what VS Code loads, what travels to hosts, what the shell runs.
import { pathToFileURL } from 'node:url';
import { build, context } from 'esbuild';

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');

/** @type {import('esbuild').BuildOptions} */
const shared = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node18',
  loader: { '.lua': 'text', '.sh': 'text' },
  minify: production,
  sourcemap: !production,
  legalComments: 'none',
  logLevel: 'warning',
};

export const bundles = {
  extension: {
    ...shared,
    entryPoints: ['src/extension/extension.ts'],
    outfile: 'dist/extension.js',
    external: ['vscode'],
  },
  worker: {
    ...shared,
    entryPoints: ['src/worker/main.ts'],
    outfile: 'dist/worker.js',
  },
  dashboard: {
    ...shared,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    entryPoints: ['webview/dashboard.ts', 'webview/dashboard.css'],
    outdir: 'dist',
  },
  keeper: {
    ...shared,
    entryPoints: ['src/cluster/local/keeperMain.ts'],
    outfile: 'dist/keeper.js',
  },
  cli: {
    ...shared,
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/cli.js',
    banner: { js: '#!/usr/bin/env node' },
  },
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const options of Object.values(bundles)) {
    if (watch) await (await context(options)).watch();
    else await build(options);
  }
}
