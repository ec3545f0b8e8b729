/** What stands in a report about task files. Pure. */
import type { Capacity } from '../../tasks/needs';
import { type AlreadyCounts, type Ask, asksInWords, previewed } from '../../tasks/previewWords';
import { number, type SubmitCounts, shorten, visible } from '../../tasks/words';
import type { FileProblems } from './problems';

const MOST_PROBLEMS = 100;
const COMMAND_LENGTH = 200;

export interface PreviewReport {
  queue: string;
  counts: SubmitCounts;
  already: AlreadyCounts;
  asks: readonly Ask[];
  workers: readonly Capacity[];
  files: readonly { name: string; problems: FileProblems }[];
}

export function previewText(report: PreviewReport): string {
  const { queue, counts, already, asks, workers, files } = report;
  const names = files.map(({ name }) => visible(name)).join(', ');
  const lines = [`${names} into queue "${queue}". Nothing has been changed.`, ''];
  lines.push(...previewed(counts, already));
  if (asks.length > 0) {
    lines.push('', 'What they ask for:', ...asksInWords(asks, workers).map(line => `  ${line}`));
  }
  for (const { name, problems } of files) {
    if (problems.count > 0) lines.push('', ...problemLines(visible(name), problems));
  }
  return `${lines.join('\n')}\n`;
}

function problemLines(name: string, { first, count }: FileProblems): string[] {
  const shown = first.slice(0, MOST_PROBLEMS);
  const lines = [`Not understood in ${name}:`];
  for (const { lineNumber, problem } of shown) {
    lines.push(`  line ${number(lineNumber)}, column ${problem.column}: ${problem.message}`);
  }
  const more = count - shown.length;
  if (more > 0) lines.push(`  … and ${number(more)} more`);
  return lines;
}

export interface LostTask {
  lineNumber: number;
  command: string;
}

/** Which lines of a file are in no state. */
export function auditText(
  name: string,
  queue: string,
  summary: string,
  lost: readonly LostTask[],
  count: number,
): string {
  const lines = [`${visible(name)} compared with queue "${queue}".`, '', summary];
  if (count > 0) lines.push('', 'In no state, so that they will never run:');
  for (const { lineNumber, command } of lost) {
    lines.push(`  line ${number(lineNumber)}: ${visible(shorten(command, COMMAND_LENGTH))}`);
  }
  const more = count - lost.length;
  if (more > 0) lines.push(`  … and ${number(more)} more`);
  return `${lines.join('\n')}\n`;
}
