import { describe, expect, it } from 'vitest';
import type { Charts } from '../../../src/protocol';
import { merged } from '../../../webview/mergeCharts';

const charts = (times: number[], values: (number | null)[]): Charts => ({
  period: 5,
  times,
  charts: [
    {
      id: 'rate',
      title: 'Tasks a second',
      sentence: `${values.length} minutes`,
      series: [{ label: 'finished', color: 'green', values }],
    },
  ],
});
const valuesOf = ({ charts }: Charts) => charts[0]?.series[0]?.values;

describe('the last minutes of a chart', () => {
  const before = charts([60, 120, 180, 240, 300], [1, 2, 3, 4, 5]);

  it('replace those that are there, since their figures came late', () => {
    const after = merged(before, charts([240, 300], [40, 50]));
    expect(after.times).toEqual([60, 120, 180, 240, 300]);
    expect(valuesOf(after)).toEqual([1, 2, 3, 40, 50]);
    expect(after.charts[0]?.sentence).toBe('2 minutes');
  });

  it('push out the oldest, so that the period stays as long as it is', () => {
    const after = merged(before, charts([300, 360, 420], [50, 60, null]));
    expect(after.times).toEqual([180, 240, 300, 360, 420]);
    expect(valuesOf(after)).toEqual([3, 4, 50, 60, null]);
  });

  it('stand alone when nothing that the page has is young enough', () => {
    const after = merged(before, charts([600, 660, 720, 780, 840], [1, 1, 1, 1, 1]));
    expect(after.times).toEqual([600, 660, 720, 780, 840]);
    expect(valuesOf(after)).toEqual([1, 1, 1, 1, 1]);
  });
});
