import { describe, expect, it } from 'vitest';
import type { FailureSummary } from '../../../src/queue/failureSummaries';
import { shareOf, whenFailed, whereFailed } from '../../../src/queue/failureWords';
import { clockTime } from '../../../src/tasks/words';

const NOW = new Date(2026, 10, 24, 14, 30).getTime();
const at = (hours: number, minutes: number, day = 24) =>
  new Date(2026, 10, day, hours, minutes).getTime();
const summary = (more: Partial<FailureSummary>): FailureSummary => ({
  signature: 'exit 1',
  count: 3,
  workers: [],
  ...more,
});

describe('when tasks failed', () => {
  it.each([
    ['first and last', { firstMs: at(14, 2), lastMs: at(14, 9) }, '14:02–14:09'],
    ['once where both are in one minute', { firstMs: at(14, 2), lastMs: at(14, 2) }, '14:02'],
    ['the last alone when no other is known', { lastMs: at(14, 2) }, '14:02'],
    ['nothing when nothing is known', {}, ''],
    [
      'in order, should the oldest be the later one',
      { firstMs: at(15, 0), lastMs: at(14, 2) },
      '14:02',
    ],
  ])('is said %s', (_, known, words) => {
    expect(whenFailed(summary(known), NOW)).toBe(words);
  });

  it('is said with the day where it was another one', () => {
    const yesterday = at(14, 2, 23);
    expect(whenFailed(summary({ firstMs: yesterday, lastMs: at(14, 9) }), NOW)).toBe(
      `${clockTime(yesterday, NOW)}–14:09`,
    );
    expect(clockTime(yesterday, NOW)).not.toBe('14:02');
  });
});

describe('where tasks failed', () => {
  it.each([
    [[], ''],
    [['node4~1'], 'node4~1'],
    [['node4~1', 'node7~1', 'node8~1'], 'node4~1, node7~1, node8~1'],
    [['a~1', 'b~1', 'c~1', 'd~1'], 'a~1, b~1, c~1 and others'],
    [['a\u001b[31m'], 'a␛[31m'],
  ])('of %j is %j', (workers, words) => {
    expect(whereFailed(summary({ workers }))).toBe(words);
  });
});

describe('a share of all failures', () => {
  it.each([
    [3, 4, '75 %'],
    [1, 3, '33 %'],
    [4, 4, '100 %'],
    [1, 1000, 'under 1 %'],
    [0, 4, '0 %'],
    // Counts are read one after the other, and may be a moment apart.
    [5, 4, '100 %'],
    [1, 0, ''],
  ])('of %i in %i is %j', (count, failed, words) => {
    expect(shareOf(count, failed)).toBe(words);
  });
});
