/** What may have made a task run more than once, or a worker be found lost: faults that struck, and people. */
import { readFileSync } from 'node:fs';

/** Seconds since the machine started: the clock of the ledger, which no fault steps. */
export const uptime = (): number => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);

/** Why a result may say that its output could not be read. */
export const OUTPUT_DELETED = 'its output was deleted';
/** Why a task may have been ended for the memory of its host, and have failed by that. */
export const MEMORY_TAKEN = "a neighbour took its host's memory";

export interface Excuse {
  readonly why: string;
  readonly from: number;
  /** Infinity while it lasts. */
  to: number;
  /** The worker that it met; anybody if not given. */
  readonly worker?: string;
  /** The lines that it was about, by id; any if not given. */
  readonly ids?: ReadonlySet<string>;
  /** Redis forgot: of what was recorded, some never was. */
  readonly forgets?: boolean;
}

export class Excuses {
  readonly #all: Excuse[] = [];

  /** From now on until the answer is called. */
  begin(excuse: Omit<Excuse, 'from' | 'to'>): () => void {
    const entry: Excuse = { ...excuse, from: uptime(), to: Number.POSITIVE_INFINITY };
    this.#all.push(entry);
    return () => {
      entry.to = uptime();
    };
  }

  /** The last one of those that fit. */
  find(fits: (excuse: Excuse) => boolean): Excuse | undefined {
    return this.#all.findLast(fits);
  }
}
