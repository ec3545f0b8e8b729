import type { ClusterEvent } from './clusterFolder';

/** Reads the file of events as it grows: each event once, as soon as its line is whole. */
export class EventReader {
  /** The lines that were whole at the last look. */
  #seen: string | undefined;

  /**
   * What is new in the text of the file. At the first look nothing is: it was told before. A keeper begins a
   * new file, in which everything is new.
   */
  fresh(text: string): ClusterEvent[] {
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const seen = this.#seen;
    this.#seen = whole;
    if (seen === undefined) return [];
    const lines = whole.startsWith(seen) ? whole.slice(seen.length) : whole;
    return lines.split('\n').flatMap(line => parsed(line) ?? []);
  }
}

/** Undefined for a line that a full disk cut, after which others may stand. */
function parsed(line: string): ClusterEvent | undefined {
  try {
    return JSON.parse(line) as ClusterEvent;
  } catch {
    return undefined;
  }
}
