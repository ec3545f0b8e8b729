/** Which fault strikes when: drawn from a seed, so the same seed gives the same schedule. Pure. */
import { seeded } from '../unit/worker/simulation/random';

export const FAMILIES = [
  'worker',
  'network',
  'redis',
  'tasks',
  'peers',
  'people',
  'failover',
] as const;
export type Family = (typeof FAMILIES)[number];

/** What the schedule must know of a fault. */
export interface FaultKind {
  readonly name: string;
  readonly family: Family;
  /** The shortest and the longest time that it lasts. */
  readonly seconds: readonly [number, number];
}

export interface Strike {
  /** Since the beginning of the run, milliseconds. */
  readonly atMs: number;
  readonly fault: string;
  /** The slot of a worker, from 1: whom it meets, if it meets one. */
  readonly slot: number;
  readonly forMs: number;
  /** In [0, 1): what the fault itself has to choose. */
  readonly chance: number;
}

export interface Plan {
  readonly seed: number;
  readonly forMs: number;
  readonly workers: number;
  readonly faults: readonly FaultKind[];
  /** Between two strikes, on average. */
  readonly everyMs: number;
}

/** Strikes in the order of time. Every fault has come once before one comes again. */
export function schedule({ seed, forMs, workers, faults, everyMs }: Plan): Strike[] {
  const random = seeded(seed);
  const strikes: Strike[] = [];
  let deck: FaultKind[] = [];
  for (let atMs = 0; ; ) {
    atMs += Math.round(everyMs * (0.5 + random()));
    if (atMs >= forMs || faults.length === 0) return strikes;
    if (deck.length === 0) deck = shuffled(faults, random);
    const fault = deck.pop();
    if (!fault) continue;
    const [shortest, longest] = fault.seconds;
    strikes.push({
      atMs,
      fault: fault.name,
      slot: 1 + Math.floor(random() * workers),
      forMs: Math.round(1000 * (shortest + random() * (longest - shortest))),
      chance: random(),
    });
  }
}

export function printSchedule(strikes: readonly Strike[]): string {
  return strikes
    .map(({ atMs, fault, slot, forMs }) => {
      const at = (atMs / 1000).toFixed(1).padStart(7);
      return `${at} s  ${fault.padEnd(22)} worker ${slot}, ${(forMs / 1000).toFixed(1)} s`;
    })
    .join('\n');
}

function shuffled<T>(things: readonly T[], random: () => number): T[] {
  const keyed = things.map(thing => ({ thing, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ thing }) => thing);
}
