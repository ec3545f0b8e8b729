import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/setup/longestFirst.mts';

const scriptsAsText = {
  name: 'scripts-as-text',
  transform(code: string, id: string) {
    return /\.(lua|sh)$/.test(id) ? `export default ${JSON.stringify(code)}` : undefined;
  },
};

/** What bundles the programs, for the parts whose tests run them. */
const withPrograms = { globalSetup: './test/setup/builtPrograms.ts' };

/** Each part runs alone: `vitest --project unit`. */
export default defineConfig({
  plugins: [scriptsAsText],
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          // They keep nothing: a process for each would mostly load the same modules again.
          isolate: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          ...withPrograms,
          include: ['test/integration/**/*.test.ts'],
          // For a hang: many files share the cores.
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          ...withPrograms,
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        // What tests measure against, recorded by hand: no part of `npm test`.
        extends: true,
        test: { name: 'record', ...withPrograms, include: ['test/record/**/*.record.ts'] },
      },
      {
        // Faults for minutes: `npm run chaos`.
        extends: true,
        test: {
          name: 'chaos',
          ...withPrograms,
          include: ['test/chaos/**/*.run.ts'],
          // What removes the output files of a hundred thousand tasks.
          hookTimeout: 600_000,
        },
      },
      {
        // Milliseconds, by hand: no part of `npm test`.
        extends: true,
        test: {
          name: 'bench',
          ...withPrograms,
          include: ['test/bench/**/*.bench.ts'],
          fileParallelism: false,
          // What ends several workers and servers, on a machine that is busy.
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
