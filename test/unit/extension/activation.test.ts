import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const project = join(import.meta.dirname, '..', '..', '..');

describe('activation', () => {
  it('loads no package: what talks to Redis is loaded when it is first needed', async () => {
    const { metafile } = await build({
      absWorkingDir: project,
      entryPoints: ['src/extension/extension.ts'],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      external: ['vscode'],
      loader: { '.lua': 'text', '.sh': 'text' },
    });
    const loaded = new Set<string>();
    const load = (path: string) => {
      if (loaded.has(path)) return;
      loaded.add(path);
      for (const { path: next, kind } of metafile.inputs[path]?.imports ?? []) {
        if (kind !== 'dynamic-import') load(next);
      }
    };
    load('src/extension/extension.ts');
    expect([...loaded].filter(path => path.startsWith('node_modules/'))).toEqual([]);
    expect([...loaded]).toContain('src/extension/store/store.ts');
    expect(Object.keys(metafile.inputs).some(path => path.includes('/ioredis/'))).toBe(true);
  });
});
