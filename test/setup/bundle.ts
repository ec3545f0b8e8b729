/**
 * The programs as users run them: bundled from this tree's sources, once a test file, into a folder
 * of their own, so that tests never run an old `dist`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
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

afterAll(async () => {
  const programs = await built;
  if (programs) await rm(programs.folder, { recursive: true, force: true });
});
