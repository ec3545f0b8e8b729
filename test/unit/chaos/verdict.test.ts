/** What the end of a run says of tasks that ran more than once. */
import { describe, expect, it } from 'vitest';
import type { AttemptRecord } from '../../../src/queue/attempt';
import type { Excuse } from '../../chaos/excuses';
import { parseLedger } from '../../chaos/ledger';
import { verdict } from '../../chaos/verdict';

const LINE = 'shell:5:0:0:$CHAOS_TASK quick 7';
/** One worker ran it to its end, and another one starts it two seconds later. */
const FIRST = '7/1/w~1/100.00/11';
const LATE = '7/1/w~3/102.50/12';
const LEDGER = parseLedger(
  `start ${FIRST}\nend ${FIRST} 100.50 0\nstart ${LATE}\nend ${LATE} 103.00 0\n`,
);
const recorded: AttemptRecord = {
  number: 1,
  worker: 'w~1',
  start: 0,
  end: 500,
  exit: 0,
  out: FIRST,
};

function said(...excuses: Excuse[]) {
  return verdict({
    reading: {
      finished: new Map([[LINE, `w~1: "${FIRST}"`]]),
      failed: new Map(),
      attempts: () => [recorded],
      stands: () => true,
    },
    ledger: LEDGER,
    expected: new Set([LINE]),
    submitted: new Set([LINE]),
    cancelled: new Set(),
    excuse: fits => excuses.findLast(fits),
  });
}

const frozen = (worker: string, from: number, to: number): Excuse => ({
  why: 'its worker was frozen',
  worker,
  from,
  to,
});

describe('a task that was recorded and started again', () => {
  it('is wrong without a reason', () => {
    const { wrong, again } = said();
    expect(wrong).toEqual([
      expect.stringContaining('ran more than once without a reason: 7/1/w~1/100.00/11'),
    ]);
    expect([...again.values()]).toEqual([1]);
  });

  it('is wrong where the later worker was frozen: it starts nothing before it heard what was taken from it', () => {
    expect(said(frozen('w~3', 80, 102)).wrong).toHaveLength(1);
  });

  it('is wrong where only the first worker was frozen: what is recorded nobody brings back', () => {
    expect(said(frozen('w~1', 99, 101)).wrong).toHaveLength(1);
  });
});
