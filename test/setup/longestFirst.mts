/**
 * The order of test files. On a machine that has not run them yet, vitest goes by their size, and some
 * of the longest are small: one that began last would run alone at the end.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that start many programs, or wait for what takes a minute. */
const LONG = /\/integration\/(chaos|cli|cluster|killedWorker|worker)\b/;

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification) => (LONG.test(moduleId) ? 0 : 1);
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
