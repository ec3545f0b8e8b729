/** The programs as users run them, and workers that differ from them. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { build, type Loader, type Plugin } from 'esbuild';
import { afterAll, inject } from 'vitest';
import { bundles } from '../../esbuild.mjs';
import type { Programs } from './builtPrograms';

/** Those of this tree's sources; all test files of a run have the same ones and write none of them. */
export function programs(): Programs {
  return inject('programs');
}

const folders: string[] = [];

const LOADERS: Readonly<Record<string, Loader>> = { '.lua': 'text', '.ts': 'ts', '.json': 'json' };

/**
 * A worker with texts of its sources replaced: another version, or one that lacks a rule.
 *
 * @param name of its file, in a folder of its own
 * @throws when a text that is to be replaced stands in no source
 */
export async function workerWith(
  name: string,
  replace: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'distcomp-dist-'));
  folders.push(folder);
  const outfile = join(folder, `${name}.js`);
  const left = new Set(Object.keys(replace));
  const plugin: Plugin = {
    name: 'replace',
    setup({ onLoad }) {
      onLoad({ filter: /src\/.*\.(lua|ts)$|\/package\.json$/ }, async ({ path }) => {
        if (path.includes('node_modules')) return undefined;
        let contents = await readFile(path, 'utf8');
        for (const [from, to] of Object.entries(replace)) {
          if (contents.includes(from)) left.delete(from);
          contents = contents.replaceAll(from, to);
        }
        return { contents, loader: LOADERS[extname(path)] ?? 'default' };
      });
    },
  };
  await build({ ...bundles.worker, sourcemap: false, outfile, plugins: [plugin] });
  if (left.size > 0) throw new Error(`in no source of the worker: ${[...left].join(', ')}`);
  return outfile;
}

afterAll(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});
