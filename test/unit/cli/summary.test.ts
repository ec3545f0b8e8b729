import { describe, expect, it } from 'vitest';
import { type EndedTask, Outcomes } from '../../../src/cli/run/outcomes';
import {
  commandLabel,
  type RunResult,
  summaryJson,
  summaryText,
  tasksLeft,
} from '../../../src/cli/run/summary';
import type { AttemptRecord } from '../../../src/queue/attempt';

const attempt = (seconds: number, more: Partial<AttemptRecord> = {}): AttemptRecord => ({
  number: 1,
  worker: 'node4~1',
  start: 1_000_000,
  end: 1_000_000 + seconds * 1000,
  exit: 0,
  ...more,
});
const finished = (id: string, seconds: number): EndedTask => ({
  id,
  line: `shell:1:0:0:./train --seed ${id}`,
  state: 'finished',
  attempt: attempt(seconds),
});
const failed = (id: string, err: string, more: Partial<AttemptRecord> = {}): EndedTask => ({
  id,
  line: `shell:1:0:0:./train --lr 10 --seed ${id}`,
  state: 'failed',
  attempt: attempt(1, { exit: 1, err, ...more }),
});
const outcomesOf = (...ended: EndedTask[]) => {
  const outcomes = new Outcomes();
  for (const task of ended) outcomes.add(task);
  return outcomes;
};
const resultOf = (outcomes: Outcomes, more: Partial<RunResult> = {}): RunResult => ({
  submitted: outcomes.finished + outcomes.failed,
  already: 0,
  outcomes,
  ms: 11_000,
  interrupted: false,
  notUnderstood: 0,
  problems: [],
  ...more,
});

describe('the summary of a run', () => {
  it('counts, groups failures by their kind with the most frequent first, and names the slowest', () => {
    const outcomes = outcomesOf(
      finished('aaaaaaaaaaaa', 2.4),
      failed('3f9a1c000000', 'ValueError: lr too large'),
      failed('bbbbbbbbbbbb', 'Killed at step 17', { exit: 2 }),
      failed('cccccccccccc', 'Killed at step 18', { exit: 2 }),
    );
    expect(summaryText(resultOf(outcomes), './distcomp-results')).toEqual([
      '',
      '1 finished, 3 failed in 11 s',
      '  2 × exit 2  Killed at step 17             distcomp output bbbbbb',
      '  1 × exit 1  ValueError: lr too large      distcomp output 3f9a1c',
      'slowest: 2.4 s ./train --seed aaaaaaaaaaaa',
      'output of the tasks: ./distcomp-results',
    ]);
  });

  it('says what had finished before, and what is left after an interruption', () => {
    const outcomes = outcomesOf(finished('aaaaaaaaaaaa', 1));
    const result = resultOf(outcomes, { submitted: 1_000, already: 312, interrupted: true });
    expect(tasksLeft(result)).toBe(687);
    const text = summaryText(result, '.');
    expect(text).toContain('313 finished, 0 failed in 11 s · 312 had finished before');
    expect(text).toContain('687 tasks stay in the queue. Run the file again to go on.');
  });

  it('says what has vanished from the queue', () => {
    const outcomes = outcomesOf(finished('aaaaaaaaaaaa', 1));
    outcomes.missing = 1;
    const text = summaryText(resultOf(outcomes, { submitted: 2 }), '.');
    expect(text).toContain('1 task is no longer in the queue. Run the file again to go on.');
  });

  it('shows ten kinds of failure and counts the others', () => {
    const outcomes = outcomesOf();
    for (let kind = 1; kind <= 12; kind++) outcomes.add(failed('aaaa', 'no', { exit: kind }));
    const text = summaryText(resultOf(outcomes), '.');
    expect(text.filter(line => line.includes('×'))).toHaveLength(10);
    expect(text).toContain('  … and 2 more kinds of failure');
  });

  it('lets no task write to the terminal', () => {
    const outcomes = outcomesOf(failed('aaaaaaaaaaaa', '\u001b]0;title\u0007\u202eevil'));
    const text = summaryText(resultOf(outcomes), '.').join('\n');
    for (const hidden of ['\u001b', '\u0007', '\u202e']) expect(text).not.toContain(hidden);
    expect(text).toContain('<U+202E>evil');
  });

  it('is one JSON document with ids of all that failed', () => {
    const outcomes = outcomesOf(
      finished('aaaaaaaaaaaa', 2.5),
      failed('bbbbbbbbbbbb', 'seed 17 diverged'),
      failed('cccccccccccc', 'seed 18 diverged'),
    );
    const problems = [{ line: 12, column: 9, message: 'memory must be a whole number' }];
    const document = summaryJson(
      resultOf(outcomes, { submitted: 5, already: 2, notUnderstood: 1, problems, ms: 4321.9 }),
      undefined,
    );
    expect(document).toEqual({
      submitted: 5,
      finished: 3,
      failed: 2,
      seconds: 4.322,
      already: 2,
      missing: 0,
      interrupted: false,
      notUnderstood: 1,
      problems,
      failures: [
        {
          signature: 'exit 1  seed <n> diverged',
          count: 2,
          example: 'exit 1  seed 17 diverged',
          tasks: ['bbbbbbbbbbbb', 'cccccccccccc'],
        },
      ],
      slowest: {
        id: 'aaaaaaaaaaaa',
        task: 'shell:1:0:0:./train --seed aaaaaaaaaaaa',
        seconds: 2.5,
      },
    });
  });
});

describe("a task's label", () => {
  it('is its command, shortened in the middle', () => {
    expect(commandLabel('shell:1:0:0:60:./train --seed 3')).toBe('./train --seed 3');
    expect(commandLabel('demo:1:0:0:hello')).toBe('hello');
    const long = commandLabel(`shell:1:0:0:./train ${'x'.repeat(200)} --seed 42`);
    expect(long).toMatch(/^\.\/train x+…x+ --seed 42$/);
    expect(long).toHaveLength(60);
  });

  it('is the whole line where that is no task', () => {
    expect(commandLabel('nonsense')).toBe('nonsense');
  });

  it('says cancelled of a task that was cancelled while it waited, whatever its attempts were', () => {
    const cancelled = (task: EndedTask) => ({ ...task, reason: 'cancelled' });
    const never: EndedTask = { ...failed('cccc', ''), attempt: undefined };
    const outcomes = outcomesOf(
      cancelled(failed('aaaa', 'ValueError: x')),
      cancelled(never),
      // This one said so itself.
      cancelled(failed('bbbb', 'cancelled')),
    );
    expect(outcomes.failures().map(({ signature, tasks }) => [signature, tasks])).toEqual([
      ['cancelled', ['aaaa', 'cccc']],
      ['exit 1  cancelled', ['bbbb']],
    ]);
  });
});
