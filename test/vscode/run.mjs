/**
 * Runs the suite of test/vscode/suite in a real VS Code through
 * @vscode/test-electron. Leaves the counts in dist/test/results.json and ends with exit code 1
 * when a test failed.
 *
 * DISTCOMP_TEST_VSCODE=download takes the desktop build that test-electron downloads (`stable`, or
 * the version in DISTCOMP_TEST_VSCODE_VERSION) in place of the workbench out of code-server.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { bundle, bundleSuite } from './bundle.mjs';
import { ensureCodeServer } from './runner/codeServer.mjs';

const project = join(import.meta.dirname, '..', '..');
const launcher = join(import.meta.dirname, 'runner', 'launcher.mjs');

await rm(join(project, 'dist', 'test', 'results.json'), { force: true });
await bundleSuite();
const workspace = await mkdtemp(join(tmpdir(), 'distcomp-workspace-'));
try {
  await runTests({
    ...(await whichCode()),
    extensionDevelopmentPath: project,
    extensionTestsPath: bundle,
    launchArgs: [workspace],
  });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await rm(workspace, { recursive: true, force: true });
}

async function whichCode() {
  if (process.env.DISTCOMP_TEST_VSCODE === 'download')
    return { version: process.env.DISTCOMP_TEST_VSCODE_VERSION ?? 'stable' };
  await ensureCodeServer();
  return { vscodeExecutablePath: launcher };
}
