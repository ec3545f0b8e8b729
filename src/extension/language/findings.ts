/** What is said about the lines of a task file while it is typed. */
import { namedFields } from '../../tasks/fields';
import { type Capacity, missing, type Needs, noWorkerHas } from '../../tasks/needs';
import type { ProblemKind } from '../../tasks/problem';
import type { ParsedLines } from './parsedLines';

export interface Finding {
  /** From 0, as are `start` and `end`. */
  line: number;
  start: number;
  end: number;
  message: string;
  kind: ProblemKind | 'no_worker';
}

/** The window shows 1,000 a file and drops the rest silently; the last one says how many there are. */
export const MOST_FINDINGS = 999;

/** The first problems, then tasks that no live worker can take; and how many of both are left out. */
export function findings(
  lines: ParsedLines,
  workers: readonly Capacity[],
  textAt: (line: number) => string,
): { found: Finding[]; more: number } {
  const found: Finding[] = lines
    .firstProblems(MOST_FINDINGS)
    .map(({ line, problem: { column, message, kind, fix } }) => {
      const start = column - 1;
      // Where the remedy replaces what is wrong, that is marked; else the word there is.
      const end = fix?.column === column ? fix.endColumn - 1 : start;
      return { line, start, end, message, kind };
    });
  let all = lines.problems;
  const unmet = new Set<Needs>();
  for (const { needs, count } of lines.needs()) {
    if (!missing(needs, workers)) continue;
    unmet.add(needs);
    all += count;
  }
  if (unmet.size > 0) {
    for (const { line, needs } of lines.firstAsking(unmet, MOST_FINDINGS - found.length)) {
      found.push({ line, ...unmetNeeds(needs, workers, textAt(line)) });
    }
  }
  return { found, more: all - found.length };
}

function unmetNeeds(
  needs: Needs,
  workers: readonly Capacity[],
  text: string,
): Omit<Finding, 'line'> {
  const what = missing(needs, workers);
  const fields = namedFields(text).filter(
    ({ name }) =>
      (name === 'memory' && what !== 'cores') || (name === 'min_cpu' && what !== 'memory'),
  );
  const [first, last] = [fields[0], fields.at(-1)];
  return {
    start: (first?.column ?? 1) - 1,
    end: (last?.column ?? 1) - 1 + (last?.text.length ?? 0),
    message: `${noWorkerHas(needs, workers)}. Ask for less, or start a worker that has it`,
    kind: 'no_worker',
  };
}
