// Makes the bundles of dist/: what VS Code loads, what travels to hosts, what the shell runs.
import { build, context } from 'esbuild';

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');

const shared = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node18',
  loader: { '.lua': 'text' },
  minify: production,
  sourcemap: !production,
  legalComments: 'none',
  logLevel: 'warning',
};

const bundles = [
  {
    ...shared,
    entryPoints: ['src/extension/extension.ts'],
    outfile: 'dist/extension.js',
    external: ['vscode'],
  },
  { ...shared, entryPoints: ['src/worker/main.ts'], outfile: 'dist/worker.js' },
  {
    ...shared,
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/cli.js',
    banner: { js: '#!/usr/bin/env node' },
  },
];

if (watch) {
  for (const options of bundles) await (await context(options)).watch();
} else {
  await Promise.all(bundles.map(options => build(options)));
}
