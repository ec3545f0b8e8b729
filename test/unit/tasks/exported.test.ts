import { describe, expect, it } from 'vitest';
import {
  COLUMNS,
  type ExportedTask,
  exportHead,
  exportRecord,
  formatOfName,
} from '../../../src/tasks/exported';

const task = (result: string): ExportedTask => ({
  id: '0286cf797d4c',
  state: 'finished',
  task: 'shell:1:0:0:echo',
  command: 'echo',
  seconds: 0,
  result,
});

/** The result as it stands in a CSV record: the second last field. */
const field = (result: string) =>
  exportRecord(task(result), 'csv')
    .replace(/^.*,0,,,/s, '')
    .replace(/,\r\n$/, '');

describe('a field of CSV', () => {
  it.each([
    ['0.87', '0.87'],
    ['', ''],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['two\r\nlines', '"two\r\nlines"'],
    [' blanks ', '" blanks "'],
    ['ü 中 🙂', 'ü 中 🙂'],
    // Left as it is: whoever opens the file in a spreadsheet must know (docs).
    ['=1+1', '=1+1'],
  ])('for %j is %j', (result, written) => {
    expect(field(result)).toBe(written);
  });
});

describe('a record', () => {
  it('has all columns in every format, empty or null where nothing is known', () => {
    expect(exportHead('csv')).toBe(`${COLUMNS.join(',')}\r\n`);
    expect(exportHead('jsonl')).toBe('');
    const named: Record<string, unknown> = JSON.parse(exportRecord(task('a\nb'), 'jsonl'));
    expect(Object.keys(named)).toEqual(COLUMNS);
    expect(named).toMatchObject({ result: 'a\nb', seconds: 0, worker: null, reason: null });
    expect(exportRecord(task('a\nb'), 'jsonl').split('\n').length).toBe(2);
  });
});

describe('the format', () => {
  it.each([
    ['results.csv', 'csv'],
    ['RESULTS.CSV', 'csv'],
    ['results.jsonl', 'jsonl'],
    ['results.ndjson', 'jsonl'],
    ['results.json', undefined],
    ['csv', undefined],
  ])('of %s is %s', (name, format) => {
    expect(formatOfName(name)).toBe(format);
  });
});
