/**
 * The suite that runs inside VS Code's extension host, where it has the real `vscode` module. The
 * runner bundles every `*.test.ts` of this folder behind `runSuite`.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'node:util';

/** What the runner reads: how many tests passed and failed, and which ones failed. */
interface Counts {
  passed: number;
  failed: number;
  names: string[];
}

/** Where the runner reads the counts: beside the bundle, since no environment travels here. */
const results = join(__dirname, 'results.json');

/**
 * Runs the tests that `load` declares. Rejects when one failed, which makes VS Code end with a
 * code other than 0.
 */
export async function runSuite(load: () => void): Promise<void> {
  // Outside the bundle: mocha finds its own files beside itself.
  const { default: Mocha } = await import('mocha');
  // Marked, so that the launcher can tell it from what VS Code prints.
  Mocha.reporters.Base.consoleLog = (...args) => console.log(`[suite] ${format(...args)}`);
  // Longer than `until` waits, which says what it waited for.
  const mocha = new Mocha({ ui: 'bdd', color: true, timeout: 180_000, forbidOnly: true });
  mocha.suite.emit('pre-require', globalThis, results, mocha);
  load();
  const counts = await new Promise<Counts>(resolve => {
    const seen: Counts = { passed: 0, failed: 0, names: [] };
    const failed = (test: Mocha.Test): void => {
      seen.failed++;
      seen.names.push(test.fullTitle());
    };
    mocha
      .run(() => resolve(seen))
      .on('pass', () => {
        seen.passed++;
      })
      // A skipped test counts as failed: whatever cannot run is not known to work.
      .on('pending', failed)
      .on('fail', failed);
  });
  await writeFile(results, JSON.stringify(counts));
  if (counts.failed > 0) throw new Error(`${counts.failed} failed`);
}
