/**
 * A page of `docs` out of the results of a run. Its prose is in `test/bench/pages`, a file a benchmark
 * beneath a head with the name of the page; every number that a run gives stands there as a placeholder. Pure.
 *
 * {{machine}}                                          where it ran, and when
 * {{goals}}                                            the table of the benchmark's goals
 * {{contest NAME}}                                     the table of a contest
 * {{median CONTEST | FIGURE | COMPETITOR}}             a number
 * {{ratio CONTEST | FIGURE | COMPETITOR | OTHER}}      a number: how many times the other's
 * {{difference CONTEST | FIGURE | COMPETITOR | OTHER}} a number: by how much it is more
 */
import { type BenchmarkResult, type Results, samplesOf } from './results';
import { differences, ratios, summarise } from './statistics';
import { contestTable, goalTable, printNumber, printTable } from './words';

/** The prose of a page by the name of its file, without `.md`. */
export type Prose = Readonly<Record<string, string>>;

const GENERATED =
  '<!-- Made by `npm run bench -- --write-docs` from the JSON beside it and test/bench/pages. -->';

/**
 * Benchmarks come in the order of the results.
 * @throws when a benchmark has no prose, or its prose asks for what was not measured
 */
export function benchmarkPage(page: string, results: Results, prose: Prose): string {
  const parts = Object.entries(results).map(([name, result]) => fill(proseOf(prose, name), result));
  return [GENERATED, proseOf(prose, page).trim(), ...parts].join('\n\n').concat('\n');
}

function proseOf(prose: Prose, name: string): string {
  const text = prose[name];
  if (text === undefined) throw new Error(`test/bench/pages/${name}.md is missing`);
  return text;
}

function fill(text: string, result: BenchmarkResult): string {
  return text.trim().replace(/\{\{(\w+)([^}]*)\}\}/g, (whole, word: string, rest: string) => {
    const values = rest.split('|').map(value => value.trim());
    const filled = placeholders[word]?.(result, values);
    if (filled === undefined) throw new Error(`no placeholder is called ${whole}`);
    return filled;
  });
}

const placeholders: Readonly<
  Record<string, (result: BenchmarkResult, values: readonly string[]) => string>
> = {
  machine: machineTable,
  goals: goalTable,
  contest(result, [name = '']) {
    const contest = result.contests[name];
    if (!contest) throw new Error(`no contest is called ${name}`);
    return contestTable(contest);
  },
  median: (result, [contest = '', figure = '', of = '']) =>
    printMedian(samplesOf(result, contest, figure, of)),
  ratio: (result, [contest = '', figure = '', of = '', over = '']) =>
    printMedian(
      ratios(samplesOf(result, contest, figure, of), samplesOf(result, contest, figure, over)),
    ),
  difference: (result, [contest = '', figure = '', of = '', other = '']) =>
    printMedian(
      differences(
        samplesOf(result, contest, figure, of),
        samplesOf(result, contest, figure, other),
      ),
    ),
};

const printMedian = (samples: readonly number[]): string => printNumber(summarise(samples).median);

function machineTable({ machine, date, full, seconds }: BenchmarkResult): string {
  return printTable([
    ['machine', 'cores', 'kernel', 'Node', 'Redis', 'date', 'took'],
    [
      machine.cpu,
      String(machine.cores),
      machine.kernel,
      machine.node,
      machine.redis,
      date.slice(0, 10),
      `${printNumber(seconds)} s${full ? ', --full' : ''}`,
    ],
  ]);
}
