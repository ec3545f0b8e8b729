/**
 * `npm run chaos -- --minutes 10 --seed 7 --workers 4`: real workers on a real Redis under faults, and a table of
 * what came of every task. The same seed gives the same schedule. Exit code 1 when anything was lost, recorded
 * twice or otherwise wrong.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureNodeModules, ensurePrograms, projectFolder, requireNode, run } from './setup.mjs';

const USAGE = `npm run chaos -- [--minutes N] [--seed S] [--workers K] [--faults NAME,…] [--every SECONDS]
  --faults   faults or families: worker, network, redis, tasks, peers, people; all if not given
  --every    between two faults, on average`;

/** Exit code of a wrong command line, or of a machine that lacks something. */
const CANNOT = 2;

try {
  const options = readOptions();
  requireNode();
  await ensureNodeModules();
  await ensurePrograms(['redis-server', 'cc'], 'the chaos runs');
  const vitest = join(projectFolder, 'node_modules', '.bin', 'vitest');
  const args = ['run', '--project', 'chaos', '--disable-console-intercept'];
  const env = { ...process.env, CHAOS_OPTIONS: JSON.stringify(options) };
  process.exitCode = await run(vitest, args, { env });
} catch (error) {
  console.error(error.message);
  process.exitCode = CANNOT;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
      workers: { type: 'string', default: '4' },
      every: { type: 'string', default: '2' },
      faults: { type: 'string', default: '' },
    },
  });
  const numbers = ['minutes', 'seed', 'workers', 'every'].map(name => [name, Number(values[name])]);
  const wrong = numbers.find(([, value]) => !Number.isFinite(value) || value < 0);
  if (wrong) throw new Error(`--${wrong[0]} must be a number.\n${USAGE}`);
  const { every: everySeconds, ...rest } = Object.fromEntries(numbers);
  return { ...rest, everySeconds, faults: values.faults.split(',').filter(Boolean) };
}
