/** How results are printed, on the terminal and on the page: tables in Markdown, aligned. Pure. */
import { type Judged, judge } from './goals';
import type { BenchmarkResult, Contest, Figure, Goal } from './results';
import { type Change, changeBesideNoise, ratios, type Summary, summarise } from './statistics';

/** Three digits that count, more only of whole numbers: 12,345, 123, 12.3, 0.0123. */
export function printNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = value === 0 ? 0 : 2 - Math.floor(Math.log10(Math.abs(value)));
  const places = Math.min(Math.max(digits, 0), 6);
  return value.toLocaleString('en-US', { maximumFractionDigits: places });
}

/** `12.3 (11.9–12.8)`; without a spread where there is one sample. */
export function printSummary({ median, low, high, count }: Summary): string {
  if (count === 1) return printNumber(median);
  return `${printNumber(median)} (${printNumber(low)}–${printNumber(high)})`;
}

const percent = (part: number): string => `${printNumber(Math.abs(part) * 100)} %`;

/** `+12 % (noise 3 %)` */
export function printChange({ change, noise }: Change): string {
  const sign = change < 0 ? '−' : '+';
  const beside = noise === undefined ? 'noise unknown' : `noise ${percent(noise)}`;
  return `${sign}${percent(change)} (${beside})`;
}

/** A table whose first row is its head. */
export function printTable(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, at) => Math.max(3, ...rows.map(row => (row[at] ?? '').length)));
  const cell = (text: string, at: number) =>
    at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0);
  const line = (row: readonly string[]) => `| ${row.map(cell).join(' | ')} |`;
  const rule = widths.map((width, at) =>
    at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.slice(1).map(line)].join('\n');
}

/** A row a competitor: each figure with its spread, and how many times the reference's it is. */
export function contestTable({ figures, competitors, reference }: Contest): string {
  const columns = Object.entries(figures);
  const withReference = reference !== undefined && Object.keys(competitors).length > 1;
  const head = columns.flatMap(([name, { unit }]) => [
    unit === '' ? name : `${name}, ${unit}`,
    ...(withReference ? [`× ${reference}`] : []),
  ]);
  const rows = Object.entries(competitors).map(([competitor, samples]) => [
    competitor,
    ...columns.flatMap(([figure]) => {
      const own = samples[figure];
      const those = reference === undefined ? undefined : competitors[reference]?.[figure];
      const ratio = own && those ? printNumber(summarise(ratios(own, those)).median) : '–';
      return [own ? printSummary(summarise(own)) : '–', ...(withReference ? [ratio] : [])];
    }),
  ]);
  return printTable([['', ...head], ...rows]);
}

/** A row a goal: what is wanted, what was measured, and whether that reaches it. */
export function goalTable(result: BenchmarkResult): string {
  const rows = result.goals.map(goal => {
    const { measured, isReached } = judge(result, goal);
    return [
      goal.says,
      wanted(result, goal),
      printSummary(measured),
      isReached ? 'reached' : 'missed',
    ];
  });
  return printTable([['goal', 'wanted', 'measured', ''], ...rows]);
}

function wanted(result: BenchmarkResult, { atLeast, atMost, over, contest, figure }: Goal): string {
  const unit =
    over === undefined ? ` ${result.contests[contest]?.figures[figure]?.unit ?? ''}` : ' ×';
  const bounds = [
    ...(atLeast === undefined ? [] : [`≥ ${printNumber(atLeast)}`]),
    ...(atMost === undefined ? [] : [`≤ ${printNumber(atMost)}`]),
  ];
  return `${bounds.join(', ')}${unit}`.trimEnd();
}

/** All of a benchmark, as the terminal shows it. */
export function printBenchmark(result: BenchmarkResult): string {
  const contests = Object.values(result.contests).map(
    contest => `${contest.title}\n\n${contestTable(contest)}`,
  );
  const goals = result.goals.length > 0 ? [goalTable(result)] : [];
  return [`${result.title} (${printNumber(result.seconds)} s)`, ...contests, ...goals].join('\n\n');
}

/** The goals of a benchmark that its run missed. */
export const missedGoals = (result: BenchmarkResult): Judged[] =>
  result.goals.map(goal => judge(result, goal)).filter(({ isReached }) => !isReached);

/**
 * How a benchmark changed since an older run: a row a competitor and figure. Where the contest has a reference, of
 * the ratios to it: they change less by chance, since both went through the same rounds.
 */
export function comparisonTable(before: BenchmarkResult, now: BenchmarkResult): string {
  const rows = Object.entries(now.contests).flatMap(([name, contest]) => {
    const old = before.contests[name];
    return old ? comparisonRows(name, old, contest) : [];
  });
  return printTable([['', 'before', 'now', 'change', ''], ...rows]);
}

function comparisonRows(name: string, before: Contest, now: Contest): string[][] {
  return Object.keys(now.competitors).flatMap(competitor =>
    Object.entries(now.figures).flatMap(([figure, about]) => {
      const [old, current] = [before, now].map(run => compared(run, competitor, figure));
      if (!old || !current) return [];
      const change = changeBesideNoise(old, current);
      const unit = isRelative(now, competitor) ? `× ${now.reference}` : about.unit;
      return [
        [
          `${name}: ${competitor}, ${figure}${unit === '' ? '' : `, ${unit}`}`,
          printSummary(summarise(old)),
          printSummary(summarise(current)),
          printChange(change),
          verdict(change, about),
        ],
      ];
    }),
  );
}

const isRelative = ({ reference }: Contest, competitor: string): boolean =>
  reference !== undefined && reference !== competitor;

function compared(contest: Contest, competitor: string, figure: string) {
  const own = contest.competitors[competitor]?.[figure];
  if (!isRelative(contest, competitor)) return own;
  const those = contest.competitors[contest.reference ?? '']?.[figure];
  return own && those && ratios(own, those);
}

function verdict({ change, noise }: Change, { better }: Figure): string {
  if (noise === undefined || Math.abs(change) <= noise) return '';
  return change > 0 === (better === 'more') ? 'better' : 'worse';
}
