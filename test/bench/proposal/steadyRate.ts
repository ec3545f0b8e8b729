/** How many events come a second once all is warm. Pure. */

/** When to look: after so long, and over so long at least. In ms. */
export interface Window {
  warmUpMs: number;
  leastMs: number;
}

/** Events with less between them are one burst. */
const GAP_MS = 5;
/** Where no gap comes for so long, events come evenly, and any of them will do. */
const EVENLY_MS = 300;

/**
 * Where events come in bursts, as by polls, a window of fixed length would have one burst more or less
 * by chance. So it reaches from the beginning of a burst to the beginning of a later one.
 *
 * @param times of the events, ascending, in ms from when it began
 * @returns events a second; undefined while they do not reach far enough
 */
export function steadyRate(times: readonly number[], window: Window): number | undefined {
  const first = burstFrom(times, window.warmUpMs);
  if (first === undefined) return undefined;
  const begins = times[first] ?? 0;
  const last = burstFrom(times, begins + window.leastMs);
  if (last === undefined) return undefined;
  return ((last - first) * 1000) / ((times[last] ?? 0) - begins);
}

/** The first event at or after a time that begins a burst. */
function burstFrom(times: readonly number[], at: number): number | undefined {
  const first = times.findIndex(time => time >= at);
  if (first < 0) return undefined;
  for (let i = first; i < times.length; i++) {
    const time = times[i] ?? 0;
    if (time - (times[i - 1] ?? Number.NEGATIVE_INFINITY) >= GAP_MS) return i;
    if (time - at > EVENLY_MS) return first;
  }
  return undefined;
}
