import { describe, expect, it } from 'vitest';
import {
  comparisonTable,
  contestTable,
  goalTable,
  printChange,
  printNumber,
  printSummary,
} from '../../bench/suite/words';
import { result, slower } from './sample';

describe('numbers', () => {
  it('have three digits that count', () => {
    const printed = [12345.6, 123.4, 12.34, 1.234, 0.01234, 0, -4.567].map(printNumber);
    expect(printed).toEqual(['12,346', '123', '12.3', '1.23', '0.0123', '0', '-4.57']);
    expect(printNumber(Number.NaN)).toBe('–');
  });

  it('have their spread beside them, if there is one', () => {
    expect(printSummary({ median: 2, low: 1, high: 3, count: 5 })).toBe('2 (1–3)');
    expect(printSummary({ median: 2, low: 2, high: 2, count: 1 })).toBe('2');
  });

  it('that changed have the noise beside them', () => {
    expect(printChange({ change: 0.123, noise: 0.04 })).toBe('+12.3 % (noise 4 %)');
    expect(printChange({ change: -0.5, noise: undefined })).toBe('−50 % (noise unknown)');
  });
});

describe('tables', () => {
  it('of a contest have ratios to the reference, and a dash for what was not measured', () => {
    expect(contestTable(result.contests.race ?? never()).split('\n')).toEqual([
      '|          |  rate, tasks/s | × tortoise |     cpu, ms | × tortoise |',
      '| -------- | -------------: | ---------: | ----------: | ---------: |',
      '| hare     |  210 (150–255) |        2.1 | 4 (3.5–4.5) |          3 |',
      '| tortoise | 100 (72.5–100) |          1 |   1 (1–1.5) |          1 |',
      '| snail    |              1 |       0.01 |           – |          – |',
    ]);
  });

  it('of goals say what is wanted and whether it is reached', () => {
    const rows = goalTable(result).split('\n');
    expect(rows[2]).toMatch(
      /^\| the hare is faster than the tortoise +\| +≥ 2 × \| +2.1 .* \| reached \|$/,
    );
    expect(rows[3]).toMatch(/^\| the hare burns little more +\| +≤ 2.5 ms \| +3 .* \| +missed \|$/);
    expect(rows[4]).toMatch(/≥ 0.5 tasks\/s \| +1 \| reached \|$/);
  });

  it('of a comparison show ratios where there is a reference, and what is worse beyond noise', () => {
    const rows = comparisonTable(result, slower).split('\n').slice(2);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(/^\| race: hare, rate, × tortoise +\| +2.1 .* −52.4 % .* worse \|$/);
    expect(rows[1]).toMatch(
      /^\| race: tortoise, rate, tasks\/s .* −50 % \(noise 13.8 %\) \| worse \|$/,
    );
  });
});

function never(): never {
  throw new Error('the sample has no race');
}
