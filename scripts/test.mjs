/**
 * `npm test`: sets up what the tests need, runs all parts one after the other, and ends with the
 * line `N passed, N failed`. `--only unit` runs one part; what follows it goes to the part's own
 * program (`npm run test:unit -- test/unit/tasks`). Exit code 1 when anything failed.
 *
 * Lint and types count one each. A skipped test counts as failed, and so does a part that ran no
 * test or ended without a report: what did not run is not known to work.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureNodeVersions } from '../test/setup/nodeVersions.mjs';
import { codeServer, ensureCodeServer } from '../test/vscode/runner/codeServer.mjs';
import { packageExtension } from './package.mjs';
import {
  ensureBuild,
  ensureNodeModules,
  ensurePrograms,
  missingPrograms,
  projectFolder,
  requireNode,
  run,
} from './setup.mjs';

/** No part takes so long, even on a slow machine; one that hangs must not hang for ever. */
const PART_TIMEOUT_MS = 60 * 60_000;

/** Of what a failed test said, in the table at the end. */
const MESSAGE_LINES = 10;

/** A file for each core, where vitest would leave one to itself. */
const ALL_CORES = ['--maxWorkers=100%'];
/** While one waits for programs that it started, or for what takes its time, another goes on. */
const TWICE_ALL_CORES = [`--maxWorkers=${2 * availableParallelism()}`];

const shells = ['dash', 'bash', 'busybox', 'ps', 'python3'];
const desktop = process.env.DISTCOMP_TEST_VSCODE === 'download';
const browser = process.env.DISTCOMP_TEST_CHROMIUM ? [] : ['chromium'];
/** For the native modules of code-server. */
const compiler = codeServer.installed()
  ? []
  : ['make', 'g++', 'pkg-config', 'krb5', 'libsecret', 'x11', 'xkbfile'];
const workbench = ['redis-server', 'python3', ...browser, ...compiler];

/** In the order in which they run: what is quick and tells most comes first. */
const parts = {
  lint: { programs: [], run: () => verdict('biome', ['ci', '.']) },
  types: { programs: [], run: typesOfBoth },
  unit: { programs: shells, run: args => vitest('unit', [...ALL_CORES, ...args]) },
  integration: {
    programs: [...shells, 'fish', 'tcsh', 'redis-server', 'ssh', 'sshd', 'cc'],
    // Without them one file fails, and says so itself.
    prepare: () => problemOf(ensureNodeVersions),
    run: args => vitest('integration', [...TWICE_ALL_CORES, ...args]),
  },
  vscode: {
    programs: desktop ? ['redis-server', 'python3'] : workbench,
    prepare: ensureBuild,
    run: suiteInVsCode,
  },
  e2e: {
    programs: workbench,
    prepare: async () => {
      // Here, where no time limit of a test counts its minutes.
      await ensureCodeServer();
      await packageExtension();
    },
    run: args => vitest('e2e', args),
  },
};

const { values, positionals } = parseArgs({
  options: { only: { type: 'string' } },
  allowPositionals: true,
});
const chosen = values.only === undefined ? Object.keys(parts) : [values.only];
if (chosen.some(name => !(name in parts))) {
  console.error(`No part "${values.only}". The parts: ${Object.keys(parts).join(', ')}.`);
  process.exit(2);
}
mkdirSync(join(projectFolder, 'dist', 'test'), { recursive: true });

const results = [];
const toolsProblem = await problemOf(async () => {
  requireNode();
  await ensureNodeModules();
});
const programsProblem = await problemOf(() => {
  const programs = chosen.flatMap(name => parts[name].programs);
  return ensurePrograms([...new Set(programs)], 'the tests');
});
for (const name of chosen) results.push(await runPart(name));
printTable();

/** What went wrong, said at once and kept: the parts that can run in spite of it do. */
async function problemOf(step) {
  try {
    await step();
    return undefined;
  } catch (error) {
    console.error(error.message);
    return error;
  }
}

async function runPart(name) {
  const started = Date.now();
  console.log(`\n── ${name} ──`);
  const counts = await attempt(parts[name]).catch(error => {
    console.error(`${name} did not run: ${error.message}`);
    return { passed: 0, failed: 1 };
  });
  return { name, ...counts, seconds: (Date.now() - started) / 1000 };
}

async function attempt(part) {
  if (toolsProblem) throw toolsProblem;
  if (missingPrograms(part.programs).length > 0) throw programsProblem;
  await part.prepare?.();
  return part.run(positionals);
}

/** A program that is content or not. */
async function verdict(program, args) {
  const ok = (await runTool(program, args)) === 0;
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
}

/** The programs, and the page, which runs in a browser and has other globals. */
async function typesOfBoth() {
  const programs = await verdict('tsc', ['--noEmit', '-p', '.']);
  const page = await verdict('tsc', ['--noEmit', '-p', 'webview']);
  return { passed: programs.passed + page.passed, failed: programs.failed + page.failed };
}

async function vitest(project, args) {
  const report = newReport(`${project}.json`);
  const code = await runTool('vitest', [
    ...['run', '--project', project, '--allowOnly=false'],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ...args,
  ]);
  const { numTotalTests, numPassedTests, testResults } = readReport(report);
  // A file that could not be loaded, or whose hooks failed, beside the tests in it.
  const files = testResults.filter(
    file =>
      file.status === 'failed' && !file.assertionResults.some(test => test.status === 'failed'),
  );
  const names = testResults.flatMap(file =>
    file.assertionResults
      .filter(test => test.status !== 'passed')
      .map(test => `${relative(projectFolder, file.name)}: ${test.fullName}${reasonOf(test)}`),
  );
  names.push(...files.map(file => relative(projectFolder, file.name)));
  return tally(code, numPassedTests, numTotalTests - numPassedTests + files.length, names);
}

/** What a test that failed said, without the way there. */
function reasonOf({ failureMessages = [] }) {
  const [message = ''] = failureMessages.join('\n').split(/\n\s+at /);
  return message
    .split('\n', MESSAGE_LINES)
    .map(line => `\n    ${line}`)
    .join('');
}

async function suiteInVsCode() {
  // The suite runs where no environment arrives: the file's place is fixed, see suite/index.ts.
  const report = newReport('results.json');
  const code = await runScript(join('test', 'vscode', 'run.mjs'));
  const { passed, failed, names } = readReport(report);
  return tally(code, passed, failed, names);
}

/** A part that failed without a failed test, or ran none, counts one failure. */
function tally(code, passed, failed, names) {
  const unexplained = failed === 0 && (code !== 0 || passed === 0);
  return { passed, failed: unexplained ? 1 : failed, names };
}

function newReport(name) {
  const path = join(projectFolder, 'dist', 'test', name);
  rmSync(path, { force: true });
  return path;
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new Error('it ended before it had a report.');
  }
}

function runTool(program, args) {
  const path = join(projectFolder, 'node_modules', '.bin', program);
  return run(path, args, { signal: AbortSignal.timeout(PART_TIMEOUT_MS) });
}

function runScript(path) {
  return run(process.execPath, [path], { signal: AbortSignal.timeout(PART_TIMEOUT_MS) });
}

function printTable() {
  const row = (name, passed, failed, time) =>
    [name.padEnd(12), passed.padStart(7), failed.padStart(7), time.padStart(9)].join('');
  const total = { passed: 0, failed: 0 };
  console.log(`\n${row('part', 'passed', 'failed', 'time')}`);
  for (const { name, passed, failed, seconds } of results) {
    total.passed += passed;
    total.failed += failed;
    console.log(row(name, String(passed), String(failed), `${seconds.toFixed(1)} s`));
  }
  // Once more, at the end: what is kept of a long log may be its last lines.
  for (const { name, names = [] } of results) {
    for (const failed of names) console.log(`failed in ${name}: ${failed}`);
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}
