/**
 * Before the tests of a part: bundles the programs from this tree's sources into a folder of their
 * own, so that tests never run an old `dist`. Test files find them by `programs()` in `bundle.ts`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { TestProject } from 'vitest/node';
import { bundles } from '../../esbuild.mjs';

/** Paths of the programs. */
export interface Programs {
  /** Holds them beside each other, as `dist` does. */
  folder: string;
  cli: string;
  worker: string;
  keeper: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    programs: Programs;
  }
}

/** Called by vitest, once a run; what it returns, at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'distcomp-dist-'));
  const path = (name: string) => join(folder, `${name}.js`);
  const programs = { folder, cli: path('cli'), worker: path('worker'), keeper: path('keeper') };
  await bundle(programs);
  project.onTestsRerun(() => bundle(programs));
  project.provide('programs', programs);
  return () => rm(folder, { recursive: true, force: true });
}

async function bundle({ cli, worker, keeper }: Programs): Promise<void> {
  await Promise.all([
    build({ ...bundles.cli, sourcemap: false, outfile: cli }),
    build({ ...bundles.worker, sourcemap: false, outfile: worker }),
    build({ ...bundles.keeper, sourcemap: false, outfile: keeper }),
  ]);
}
