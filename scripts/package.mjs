/**
 * `npm run package`: the extension as users install it, in distcomp.vsix. What goes in is listed in
 * .vscodeignore; nothing is fetched or asked.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, ensureNodeModules, projectFolder, run, SetupError } from './setup.mjs';

const vsix = 'distcomp.vsix';

/** Builds for production and packs; throws when either fails. */
export async function packageExtension() {
  await build();
  const vsce = join(projectFolder, 'node_modules', '.bin', 'vsce');
  // The bundles hold what they need: no node_modules.
  const args = ['package', '--out', vsix, '--no-dependencies', '--no-rewrite-relative-links'];
  if ((await run(vsce, args)) !== 0)
    throw new SetupError('Packaging failed: see its message above.');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await ensureNodeModules();
  await packageExtension();
}
