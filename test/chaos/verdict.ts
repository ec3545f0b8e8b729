/** The end of a run: the ledger compared with what Redis recorded, and the table that people read. Pure. */

import { resultsOf } from '../integration/queue/properties/ledger';
import type { Reading } from '../setup/invariants';
import { type Excuse, MEMORY_TAKEN, OUTPUT_DELETED } from './excuses';
import type { Execution } from './ledger';
import { endsWell, idOf } from './tasks';

export interface Evidence {
  readonly reading: Pick<Reading, 'finished' | 'failed' | 'attempts' | 'stands'>;
  readonly ledger: ReadonlyMap<string, readonly Execution[]>;
  /** Lines that were submitted and that nobody removed. */
  readonly expected: ReadonlySet<string>;
  readonly submitted: ReadonlySet<string>;
  readonly cancelled: ReadonlySet<string>;
  /** The last excuse that fits. */
  readonly excuse: (fits: (excuse: Excuse) => boolean) => Excuse | undefined;
}

export interface Verdict {
  readonly submitted: number;
  readonly removed: number;
  readonly finished: number;
  readonly failed: number;
  /** In no state. */
  readonly lost: number;
  readonly recordedTwice: number;
  readonly byPeers: number;
  /** Executions that were not the last one of their task and did not fail by themselves, by why. */
  readonly again: ReadonlyMap<string, number>;
  readonly wrong: readonly string[];
}

/** The clock of the ledger counts hundredths of a second. */
const TICK = 0.02;
/** A worker may start what was taken from it until it hears of that with a heartbeat, seconds. */
const UNAWARE = 5;

export function verdict(evidence: Evidence): Verdict {
  const { reading, ledger, expected, submitted } = evidence;
  const wrong: string[] = [];
  const again = new Map<string, number>();
  for (const line of submitted) {
    const executions = ledger.get(idOf(line)) ?? [];
    for (const [i, execution] of executions.entries()) {
      const why = whyAgain(evidence, line, execution, executions[i + 1]);
      if (why === undefined) continue;
      again.set(why, (again.get(why) ?? 0) + 1);
      if (why === UNEXPLAINED)
        wrong.push(`ran more than once without a reason: ${tell(executions)}`);
    }
    if (expected.has(line)) wrong.push(...wrongEnd(evidence, line, executions));
  }
  const twice = [...expected].filter(line => resultsOf(reading, line) > 1);
  for (const line of twice) wrong.push(`recorded twice: ${line}`);
  const lost = [...expected].filter(line => !reading.stands(line));
  return {
    submitted: submitted.size,
    removed: [...submitted].filter(line => !expected.has(line)).length,
    finished: reading.finished.size,
    failed: reading.failed.size,
    lost: lost.length,
    recordedTwice: twice.length,
    byPeers: [...reading.finished.values()].filter(result => !isOurs(result)).length,
    again,
    wrong,
  };
}

const UNEXPLAINED = 'UNEXPLAINED';

const isOurs = (result: string) => result.split(': ')[0]?.includes('~') === true;

const tell = (executions: readonly Execution[]) =>
  executions
    .map(({ words, end, exit }) => `${words} to ${end ?? '…'} (${exit ?? 'no end'})`)
    .join('; ');

/** Undefined for one that was the last, or that failed by itself and is tried again. */
function whyAgain(
  { reading, excuse }: Evidence,
  line: string,
  execution: Execution,
  next: Execution | undefined,
): string | undefined {
  if (!next || (execution.exit ?? 0) !== 0) return undefined;
  const recorded = isRecorded(reading, line, execution.words);
  const found = excuse(({ from, to, worker, ids, forgets }) => {
    if (to < execution.start - UNAWARE || from > next.start + TICK) return false;
    if (ids) return ids.has(execution.id);
    // What is recorded, and known still, no fault of its worker brings back.
    return forgets || (!recorded && (worker === undefined || worker === execution.worker));
  });
  return found?.why ?? UNEXPLAINED;
}

function isRecorded(reading: Evidence['reading'], line: string, words: string): boolean {
  const attempts = reading.attempts(line);
  if (attempts.some(({ out = '', err = '' }) => `${out}${err}`.includes(words))) return true;
  return reading.finished.get(line)?.includes(words) === true;
}

/** What a task has come to must have happened. */
function wrongEnd(
  { reading, cancelled, excuse }: Evidence,
  line: string,
  executions: readonly Execution[],
): string[] {
  const id = idOf(line);
  const met = (reason: string, name: string) =>
    excuse(({ why, worker }) => why === reason && worker === name) !== undefined;
  const result = reading.finished.get(line);
  if (result !== undefined) {
    const ran = executions.some(({ words, exit, worker }) => {
      if (exit !== 0) return false;
      const unread = result.includes('could not be read') && met(OUTPUT_DELETED, worker);
      return result.includes(words) || unread;
    });
    return ran ? [] : [`finished with a result that no execution had, ${result}: ${line}`];
  }
  if (!reading.failed.has(line)) return [];
  const attempts = reading.attempts(line);
  const lost = attempts.filter(({ lost }) => lost).length;
  // What runs alone on a host whose memory is taken fails there: nobody can tell who took it.
  const hadNoMemory = attempts.some(({ memory, worker }) => memory && met(MEMORY_TAKEN, worker));
  if (endsWell(line) && lost < 3 && !cancelled.has(id) && !hadNoMemory) {
    return [`failed for good, though it can end well: ${line} (${JSON.stringify(attempts)})`];
  }
  return [];
}

/** A verdict, and what the run as a whole shows. */
export interface Played extends Verdict {
  /** The longest time from the end of a fault until the next task ended, ms, by fault. */
  readonly recovery: ReadonlyMap<string, number>;
  /** How many lines were in no state, all of which the audit found, by why. */
  readonly found: ReadonlyMap<string, number>;
  /** How many results Redis had acknowledged and then forgot, by why. */
  readonly forgotten: ReadonlyMap<string, number>;
  readonly looks: number;
}

export function printPlayed(played: Played): string {
  const slowest = [...played.recovery].sort(([, a], [, b]) => b - a)[0];
  const rows: (readonly [string, string | number])[] = [
    ['submitted', played.submitted],
    ['removed by people', played.removed],
    ['finished', played.finished],
    ['failed for good', played.failed],
    ['executed more than once', sumOf(played.again)],
    ['forgotten, found by the audit', sumOf(played.found)],
    ['results that Redis forgot', sumOf(played.forgotten)],
    ['lost', played.lost],
    ['recorded twice', played.recordedTwice],
    ['finished by peers', played.byPeers],
    [
      'longest from fault to recovery',
      slowest ? `${(slowest[1] / 1000).toFixed(1)} s, ${slowest[0]}` : '–',
    ],
    ['looks at all of Redis', played.looks],
    ['wrong', played.wrong.length],
  ];
  return [
    ...rows.map(([name, value]) => `${name.padEnd(32)}${value}`),
    ...played.wrong.map(text => `✗ ${text}`),
  ].join('\n');
}

function sumOf(times: ReadonlyMap<string, number>): string {
  const some = [...times].filter(([, count]) => count > 0);
  const sum = some.reduce((all, [, count]) => all + count, 0);
  if (sum === 0) return '0';
  return `${sum}: ${some.map(([why, count]) => `${count} since ${why}`).join(', ')}`;
}
