/** How a queue gets on in the words of the dashboard's head, where there is more room than elsewhere. */
import type { Estimate } from './estimate';
import { formatRate, type PaceParts, roughly } from './rate';
import { amount, lasting, number, plural } from './words';

/** `about 6 min left (5–8)`; the range is left out where it says no more than the number. */
export function leftWithRange({ ms, lowMs, highMs }: Estimate): string {
  const about = lasting(roughly(ms));
  const unit = unitOf(ms);
  const [low = '', middle = '', high = ''] = [lowMs, ms, highMs].map(unit.write);
  if (high === middle && (low === middle || low === '0')) return `about ${about} left`;
  const range = low === '0' ? `up to ${high}` : `${low}–${high}`;
  // `1 min 30 s` is of two units.
  const isSaid = about === `${middle} ${unit.name}`;
  return `about ${about} left (${isSaid ? range : `${range} ${unit.name}`})`;
}

interface Unit {
  name: string;
  write: (ms: number) => string;
}

/** One unit for a number and its range. */
function unitOf(ms: number): Unit {
  if (ms <= 120_000) return { name: 's', write: each => number(seconds(each)) };
  if (ms <= 7_200_000) return { name: 'min', write: each => number(Math.round(each / 60_000)) };
  return { name: 'h', write: each => amount(Math.round(each / 360_000) / 10) };
}

/** As `roughly` says them, but for a bound that is next to nothing. */
const seconds = (ms: number) => (ms > 10_000 ? Math.round(ms / 5_000) * 5 : Math.round(ms / 1_000));

/** What ended since the run began, as far as is known. */
export interface RunSoFar {
  ended: number;
  seconds: number;
  /** False: it began before the oldest minute that is kept. */
  isWhole: boolean;
}

/** What is known of a run: `unread` as long as nobody has looked, `new` in its first minutes. */
export type RunKnown = RunSoFar | 'unread' | 'new' | 'original';

/** `about 6 min left (5–8) · 120/s now · 96/s over the run`, each a sentence; what stops a queue comes first. */
export function paceSentences(
  { stopped, rate, unknown }: PaceParts,
  left: string | undefined,
  run: RunKnown,
): string[] {
  if (rate === undefined) return unknown === undefined ? stopped : [...stopped, unknown];
  const end = left ?? '– no end can be told yet';
  const over = overTheRun(run);
  return [
    ...stopped,
    ...(stopped.length === 0 ? [end] : []),
    `${rate} now`,
    ...(over === undefined ? [] : [over]),
  ];
}

function overTheRun(run: RunKnown): string | undefined {
  switch (run) {
    case 'unread':
      return undefined;
    case 'new':
      return '– over the run: it has just begun';
    case 'original':
      return '– over the run: workers of the original keep no count';
    default: {
      const rate = formatRate(run.ended / run.seconds) ?? 'less than 1/min';
      return `${rate} over ${run.isWhole ? 'the run' : 'the last day'}`;
    }
  }
}

interface Spent {
  onRetries: number;
  onLostWorkers: number;
  byPeers: number;
}

/** `31 attempts spent on retries`, `2 on lost workers`, `5 repaired after workers of the original`: what there is. */
export function spentSentences({ onRetries, onLostWorkers, byPeers }: Spent): string[] {
  const attempts: string[] = [];
  const spent = (count: number, on: string) => {
    if (count === 0) return;
    attempts.push(
      attempts.length === 0
        ? `${plural(count, 'attempt')} spent on ${on}`
        : `${number(count)} on ${on}`,
    );
  };
  spent(onRetries, 'retries');
  spent(onLostWorkers, 'lost workers');
  return [
    ...attempts,
    ...(byPeers > 0 ? [`${number(byPeers)} repaired after workers of the original`] : []),
  ];
}
