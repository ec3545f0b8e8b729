import { describe, expect, it } from 'vitest';
import { type KeptRun, Run, runWords, type Standing } from '../../../src/extension/runs/run';

/** How a queue stands whose counters and counts agree. */
function standing(
  more: Partial<Record<keyof Standing['counts'] | 'submitted', number>> = {},
): Standing {
  const { todo = 0, inProgress = 0, finished = 0, failed = 0 } = more;
  const submitted = more.submitted ?? todo + inProgress + finished + failed;
  return {
    counts: { todo, inProgress, finished, failed },
    tally: { submitted, finished, failed },
  };
}

/** A run of `count` tasks that was submitted at `1_000` to an empty queue. */
function runOf(count: number): Run {
  const run = new Run();
  run.begin(standing(), 1_000);
  run.submitted(count);
  return run;
}

const NOON = 43_200_000;
const DAY = 24 * 3_600_000;

describe('a run', () => {
  it('ends when nothing is to do any more, with what its tasks came to', () => {
    const run = runOf(10);
    expect(run.mayHaveEnded({ todo: 9, inProgress: 1, finished: 0, failed: 0 })).toBe(false);
    expect(run.mayHaveEnded({ todo: 0, inProgress: 1, finished: 9, failed: 0 })).toBe(false);
    const now = standing({ finished: 8, failed: 2 });
    expect(run.mayHaveEnded(now.counts)).toBe(true);
    expect(run.end(now, 9_000, 7_000)).toEqual({
      ...{ finished: 8, failed: 2, ms: 6_000 },
      failures: { from: 0, to: 2, sinceMs: 1_000, untilMs: 9_000 },
    });
    expect(run.kept).toBeUndefined();
    expect(run.mayHaveEnded(now.counts)).toBe(false);
    expect(run.end(now, 9_000, 7_000)).toBeUndefined();
  });

  it('begins with no submission that added nothing', () => {
    const run = runOf(0);
    expect(run.kept).toBeUndefined();
    expect(run.mayHaveEnded(standing().counts)).toBe(false);
  });

  it('goes on while tasks are being submitted, however quickly they are done', () => {
    const run = new Run();
    run.begin(standing(), 1_000);
    expect(run.mayHaveEnded(standing({ finished: 5 }).counts)).toBe(false);
    run.begin(standing({ finished: 5 }), 2_000);
    run.submitted(10);
    expect(run.mayHaveEnded(standing({ finished: 10 }).counts)).toBe(false);
    run.submitted(3);
    expect(run.end(standing({ finished: 13 }), 4_000, 3_000)).toEqual({
      ...{ finished: 13, failed: 0, ms: 2_000 },
    });
  });

  it('that was believed to have ended goes on if a second look finds tasks', () => {
    const run = runOf(10);
    expect(run.end(standing({ todo: 1, finished: 9 }), 9_000, 8_000)).toBeUndefined();
    expect(run.kept?.submitted).toBe(10);
    expect(run.end(standing({ finished: 10 }), 9_000, 8_000)).toMatchObject({ finished: 10 });
  });

  it('counts what ended meanwhile alone, and says how many of it are ours', () => {
    const run = new Run();
    run.begin(standing({ todo: 5, finished: 100, failed: 7 }), 0);
    run.submitted(10);
    const summary = run.end(standing({ finished: 114, failed: 8 }), 2_000, 1_000);
    expect(summary).toEqual({
      ...{ finished: 14, failed: 1, ms: 1_000, ours: 10 },
      failures: { from: 7, to: 8, sinceMs: 0, untilMs: 2_000 },
    });
  });

  it('reaches to its last end, whose worker may be ahead of this clock', () => {
    const summary = runOf(10).end(standing({ finished: 9, failed: 1 }), 9_000, 9_003);
    expect(summary?.failures).toMatchObject({ untilMs: 9_003 });
  });

  it('counts what originals end, and what was removed from the queue since', () => {
    const byOriginals = runOf(10);
    const counted = standing({ finished: 9, failed: 1 });
    const untold = { ...counted, tally: { submitted: 10, finished: 0, failed: 0 } };
    const summary = byOriginals.end(untold, 2_000, undefined);
    expect(summary).toMatchObject({ finished: 9, failed: 1 });
    // Which ones nobody knows.
    expect(summary?.failures).toBeUndefined();
    const removed = { ...counted, counts: standing({ failed: 1 }).counts };
    expect(runOf(10).end(removed, 2_000, undefined)).toMatchObject({ finished: 9, failed: 1 });
  });

  it('does not count a failure that was tried again', () => {
    const now = standing({ finished: 10 });
    const retried = { ...now, tally: { submitted: 12, finished: 10, failed: 2 } };
    expect(runOf(10).end(retried, 2_000, 1_500)).toMatchObject({ finished: 10, failed: 0 });
  });

  it('is forgotten when the queue was cleared', () => {
    const run = runOf(10);
    expect(run.end(standing(), 2_000, undefined)).toBeUndefined();
    expect(run.kept).toBeUndefined();
  });

  it('goes on from what was kept of it, and is no news after a day', () => {
    const kept: KeptRun = JSON.parse(JSON.stringify(runOf(3).kept));
    const now = standing({ finished: 3 });
    expect(new Run(kept).end(now, NOON, 61_000)).toEqual({ finished: 3, failed: 0, ms: 60_000 });
    expect(new Run(kept).end(now, 61_000 + DAY, 61_000)).toMatchObject({ ms: 60_000 });
    expect(new Run(kept).end(now, 61_001 + DAY, 61_000)).toBeUndefined();
  });

  it('lasts until now when no end of a task is recorded', () => {
    expect(runOf(1).end(standing({ finished: 1 }), 5_000, undefined)).toMatchObject({ ms: 4_000 });
    expect(runOf(1).end(standing({ finished: 1 }), 5_000, 900)).toMatchObject({ ms: 4_000 });
  });
});

describe('the words for a run', () => {
  it('are those of the terminal, and say if others had tasks there', () => {
    const run = { finished: 1_236, failed: 4, ms: 720_000 };
    expect(runWords(run)).toBe('1,236 finished, 4 failed in 12 min.');
    expect(runWords({ ...run, ours: 1_000 })).toBe(
      '1,236 finished, 4 failed in 12 min, 1,000 of them submitted here.',
    );
  });
});
