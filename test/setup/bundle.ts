/**
 * The programs as users run them: bundled from this tree's sources, once a test file, into a folder
 * of their own, so that tests never run an old `dist`.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { build, type Loader, type Plugin } from 'esbuild';
import { afterAll } from 'vitest';
import { bundles } from '../../esbuild.mjs';

export interface Programs {
  /** Holds them beside each other, as `dist` does. */
  folder: string;
  cli: string;
  worker: string;
  keeper: string;
}

let built: Promise<Programs> | undefined;

export function programs(): Promise<Programs> {
  built ??= bundle();
  return built;
}

async function bundle(): Promise<Programs> {
  const folder = await mkdtemp(join(tmpdir(), 'distcomp-dist-'));
  const path = (name: string) => join(folder, `${name}.js`);
  const programs = { folder, cli: path('cli'), worker: path('worker'), keeper: path('keeper') };
  const { cli, worker, keeper } = bundles;
  await Promise.all([
    build({ ...cli, sourcemap: false, outfile: programs.cli }),
    build({ ...worker, sourcemap: false, outfile: programs.worker }),
    build({ ...keeper, sourcemap: false, outfile: programs.keeper }),
  ]);
  return programs;
}

const LOADERS: Readonly<Record<string, Loader>> = { '.lua': 'text', '.ts': 'ts', '.json': 'json' };

/**
 * A worker with texts of its sources replaced: another version, or one that lacks a rule.
 *
 * @param name of its file, beside the other programs
 * @throws when a text that is to be replaced stands in no source
 */
export async function workerWith(
  name: string,
  replace: Readonly<Record<string, string>>,
): Promise<string> {
  const { folder } = await programs();
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
  const programs = await built;
  if (programs) await rm(programs.folder, { recursive: true, force: true });
});
