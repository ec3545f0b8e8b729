/**
 * `npm run demo`: sets up what it needs, runs the parameter sweep of examples/ on a Redis of its own
 * with local workers, and prints the table of its results. Some of its tasks fail on purpose.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import {
  ensureBuild,
  ensureNodeModules,
  ensurePrograms,
  projectFolder,
  requireNode,
} from './setup.mjs';

const examples = join(projectFolder, 'examples');
/** With which `distcomp run` ends when tasks failed, as here. */
const SOME_FAILED = 1;

try {
  requireNode();
  await ensureNodeModules();
  await ensurePrograms(['redis', 'python3'], 'the demo');
  await ensureBuild();
  process.exitCode = await sweep();
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}

/** Progress is seen as it comes; the answer goes to the program that makes the table. */
async function sweep() {
  const cli = join(projectFolder, 'dist', 'cli.js');
  const args = ['--json', 'run', 'sweep.tasks', '--fresh', '--workers', '2'];
  const environment = { ...process.env, DISTCOMP_MAX_RETRY_PER_TASK: '2' };
  console.log('distcomp run sweep.tasks --workers 2\n');
  const run = spawn(process.execPath, [cli, ...args], {
    cwd: examples,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const document = await textOf(run.stdout);
  const code = run.exitCode ?? (await once(run, 'exit'))[0];
  if (code !== 0 && code !== SOME_FAILED) return code ?? 1;
  console.log('');
  const table = spawn('python3', ['table.py'], {
    cwd: examples,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  table.stdin.end(document);
  const [tableCode] = await once(table, 'exit');
  return tableCode ?? 1;
}

async function textOf(stream) {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}
