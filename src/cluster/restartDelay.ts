/** When a worker that was killed starts again. */

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** One that lived this long is not in a crash loop. */
const SETTLED_MS = 60_000;

/** Ends in a row, this one counted: those before count while the worker does not live for a minute. */
export function endsInARow(before: number, livedMs: number): number {
  return livedMs >= SETTLED_MS ? 1 : before + 1;
}

/** Milliseconds to wait after that many ends in a row: doubles up to half a minute. */
export function restartDelayMs(ends: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (ends - 1));
}
