/** Lines are counted from 0. */
interface Span {
  start: { line: number; character: number };
  end: { line: number; character: number };
}

/**
 * The lines that selections touch, in order and each once; a cursor touches its line. A selection that ends
 * at the beginning of a line was made down to it, and does not touch it.
 */
export function touchedLines(selections: readonly Span[]): number[] {
  const touched = new Set<number>();
  for (const { start, end } of selections) {
    const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
    for (let line = start.line; line <= last; line++) touched.add(line);
  }
  return [...touched].sort((a, b) => a - b);
}
