/** When an idle worker asks again. While it is busy a claim rides with every report instead. */

export interface Polling {
  /** `adaptive_polling`: false waits `fixedMs` every time, as the original does. */
  adaptive: boolean;
  fixedMs: number;
}

const SHORTEST_MS = 50;
const LONGEST_MS = 5000;

/**
 * How long to wait after so many claims in a row that brought nothing.
 *
 * @param random in [0, 1): up to a quarter of the wait is jitter, so that workers do not ask at once
 * @returns milliseconds
 */
export function nextWait(polling: Polling, emptyClaims: number, random: number): number {
  if (!polling.adaptive) return polling.fixedMs;
  const wait = Math.min(SHORTEST_MS * 2 ** Math.min(emptyClaims, 10), LONGEST_MS);
  return wait * (1 - random / 4);
}
