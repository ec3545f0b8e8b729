/**
 * `npm run chaos -- --minutes 10 --seed 7 --workers 4`: real workers on a real Redis under faults, and a table of
 * what came of every task. The same seed gives the same schedule. Exit code 1 when anything was lost, recorded
 * twice or otherwise wrong.
 */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureNodeModules, ensurePrograms, projectFolder, requireNode, run } from './setup.mjs';

const USAGE = `npm run chaos -- [--minutes N] [--seed S] [--workers K] [--faults NAME,…] [--every SECONDS]
  --faults   faults or families: worker, network, redis, tasks, peers, people; all if not given;
             failover alone, or with worker, tasks and people
  --every    between two faults, on average
npm run chaos -- --sizes [--minutes N]: no faults, 1 to 32 workers, each switch off in turn
npm run chaos -- --load [--tasks N] [--workers K]: simulated workers, and a worker's heap`;

/** Exit code of a wrong command line, or of a machine that lacks something. */
const CANNOT = 2;

try {
  const options = readOptions();
  requireNode();
  await ensureNodeModules();
  await ensurePrograms(['redis-server', 'cc'], 'the chaos runs');
  const vitest = join(projectFolder, 'node_modules', '.bin', 'vitest');
  const args = ['run', options.program, '--project=chaos', '--disable-console-intercept'];
  const env = { ...process.env, CHAOS_OPTIONS: JSON.stringify(options) };
  process.exitCode = await run(vitest, args, { env });
} catch (error) {
  console.error(error.message);
  process.exitCode = CANNOT;
}

/** What is given, over what each of the three programs has by default. */
function readOptions() {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const numbers = { minutes: text, seed: text, workers: text, every: text, tasks: text };
  const { values } = parseArgs({ options: { ...numbers, faults: text, sizes: flag, load: flag } });
  const { sizes, load, faults = '', ...given } = values;
  const defaults = load
    ? { program: 'load.run', tasks: 1_000_000, workers: 200 }
    : sizes
      ? { program: 'sizes.run', minutes: 0.25 }
      : { program: 'faults.run', minutes: 10, workers: 4, every: 2, seed: randomInt(1e6) };
  const options = { ...defaults, faults: faults.split(',').filter(Boolean) };
  for (const [name, value] of Object.entries(given)) {
    options[name] = Number(value);
    if (!(options[name] > 0)) throw new Error(`--${name} must be a number.\n${USAGE}`);
  }
  return options;
}
