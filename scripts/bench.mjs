/**
 * `npm run bench -- [names…]`: sets up what the benchmarks need, runs those that are named, or all, one after the
 * other, and prints what they measured. A goal that is missed is told; exit code 1 means that a benchmark broke.
 *
 *   --full             sizes that take longer than a few minutes
 *   --json FILE        keeps the results there; default dist/bench/results.json
 *   --compare OLD.json how each figure changed since that run, beside what it could differ by chance
 *   --write-docs       takes the results into docs/performance.json or scaling.json, and makes the page of it anew
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { codeServer, ensureCodeServer } from '../test/vscode/runner/codeServer.mjs';
import { packageExtension } from './package.mjs';
import { ensureNodeModules, ensurePrograms, projectFolder, requireNode, run } from './setup.mjs';

const browser = process.env.DISTCOMP_TEST_CHROMIUM ? [] : ['chromium'];
/** For the native modules of code-server. */
const compiler = codeServer.installed()
  ? []
  : ['make', 'g++', 'pkg-config', 'krb5', 'libsecret', 'x11', 'xkbfile'];

/** In the order in which they run and stand on their page, `docs/performance.md` unless said: `test/bench/NAME.bench.ts`. */
const benchmarks = {
  oneHost: { programs: ['gcc', 'libc-dev', 'xargs', 'parallel', 'dash', 'bash'] },
  queue: { programs: [] },
  proposal: { programs: [] },
  latency: { programs: ['dash'] },
  scale: { programs: [] },
  balance: { programs: [] },
  packing: { programs: [] },
  cluster: { programs: [], page: 'scaling' },
  interface: {
    programs: ['python3', ...browser, ...compiler],
    prepare: async () => {
      await ensureCodeServer();
      await packageExtension();
    },
  },
};

const folder = join(projectFolder, 'dist', 'bench');
const docs = name => join(projectFolder, 'docs', name);

const { values: options, positionals } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    json: { type: 'string', default: join(folder, 'results.json') },
    compare: { type: 'string' },
    'write-docs': { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const chosen = positionals.length > 0 ? positionals : Object.keys(benchmarks);
const unknown = chosen.filter(name => !(name in benchmarks));
if (unknown.length > 0) {
  console.error(
    `No benchmark ${unknown.join(', ')}. There are: ${Object.keys(benchmarks).join(', ')}.`,
  );
  process.exit(2);
}

requireNode();
await ensureNodeModules();
const programs = chosen.flatMap(name => benchmarks[name].programs);
await ensurePrograms([...new Set(['redis-server', ...programs])], 'the benchmarks');
mkdirSync(folder, { recursive: true });
const { comparisonTable, missedGoals, benchmarkPage, printBenchmark } = await suite();
// Read before anything runs: a name that is mistyped should not cost an hour.
const before = options.compare === undefined ? {} : readJson(options.compare);

const results = {};
for (const name of chosen) {
  console.log(`\n── ${name} ──`);
  const result = await measure(name);
  if (!result) continue;
  results[name] = result;
  console.log(`\n${printBenchmark(result)}`);
  if (before[name])
    console.log(`\nSince ${before[name].date}:\n\n${comparisonTable(before[name], result)}`);
  // After each: those that ran are kept whatever becomes of the others.
  writeJson(options.json, results);
}
if (options['write-docs']) writeDocs();
printEnd();

/** What a benchmark measured; undefined when it broke, which it said. */
async function measure(name) {
  const { prepare } = benchmarks[name];
  const file = join(folder, `${name}.json`);
  rmSync(file, { force: true });
  try {
    await prepare?.();
    const vitest = join(projectFolder, 'node_modules', '.bin', 'vitest');
    const args = ['run', '--project', 'bench', `test/bench/${name}.bench.ts`];
    const env = {
      ...process.env,
      DISTCOMP_BENCH_RESULT: file,
      DISTCOMP_BENCH_FULL: options.full ? '1' : '0',
    };
    if ((await run(vitest, args, { env })) === 0) return readJson(file);
    console.error(`${name} broke: see above.`);
  } catch (error) {
    console.error(`${name} broke: ${error.message}`);
  }
  process.exitCode = 1;
  return undefined;
}

/** What the suite makes of results: it is TypeScript, which this Node does not run. */
async function suite() {
  const { build } = await import('esbuild');
  const outfile = join(folder, 'suite.mjs');
  const contents = "export * from './words'; export * from './page';";
  await build({
    stdin: { contents, resolveDir: join(projectFolder, 'test', 'bench', 'suite') },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
  });
  return import(pathToFileURL(outfile).href);
}

/** What was not run now stays as it was. */
function writeDocs() {
  const pages = join(projectFolder, 'test', 'bench', 'pages');
  const prose = readdirSync(pages).map(file => [
    basename(file, '.md'),
    readFileSync(join(pages, file), 'utf8'),
  ]);
  for (const page of new Set(Object.keys(results).map(pageOf))) {
    const all = { ...readJson(docs(`${page}.json`), {}), ...results };
    const ordered = Object.keys(benchmarks).filter(name => pageOf(name) === page && name in all);
    const taken = Object.fromEntries(ordered.map(name => [name, all[name]]));
    writeJson(docs(`${page}.json`), taken);
    // Of what was written: its numbers are rounded, and the page is made from them again by its test.
    const made = benchmarkPage(page, readJson(docs(`${page}.json`)), Object.fromEntries(prose));
    writeFileSync(docs(`${page}.md`), made);
    console.log(`\ndocs/${page}.json and docs/${page}.md are written.`);
  }
}

function pageOf(name) {
  return benchmarks[name].page ?? 'performance';
}

function printEnd() {
  console.log(`\nResults: ${options.json}`);
  for (const [name, result] of Object.entries(results)) {
    for (const { goal } of missedGoals(result)) console.log(`goal missed in ${name}: ${goal.says}`);
  }
}

function readJson(path, otherwise) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (otherwise !== undefined && error.code === 'ENOENT') return otherwise;
    throw error;
  }
}

function writeJson(path, value) {
  const rounded = (_, part) => (typeof part === 'number' ? Number(part.toPrecision(6)) : part);
  writeFileSync(path, `${JSON.stringify(value, rounded, 1)}\n`);
}
