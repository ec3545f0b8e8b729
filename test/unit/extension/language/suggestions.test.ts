import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { suggestionsAt } from '../../../../src/extension/language/suggestions';
import { parseTask } from '../../../../src/tasks/task';

/** The line with one suggestion taken. */
function taken(line: string, label: string): string {
  const found = suggestionsAt(line, line.length).find(each => each.label === label);
  if (!found) throw new Error(`no "${label}" is suggested behind "${line}"`);
  return line.slice(0, found.start) + found.text + line.slice(found.end);
}

describe('what may stand at the cursor', () => {
  it('is a whole line or a type at the beginning', () => {
    const labels = suggestionsAt('', 0).map(({ label }) => label);
    expect(labels).toEqual([
      'shell:priority:memory:min_cpu:command',
      'python:priority:memory:min_cpu:command',
      'shell',
      'python',
      'demo',
    ]);
    // In front of what is there a whole line would be too much.
    expect(suggestionsAt('sh:1:0:0:x', 2).map(({ label }) => label)).toEqual([
      'shell',
      'python',
      'demo',
    ]);
  });

  it('leads field by field to a task', () => {
    let line = `${taken('she', 'shell')}:`;
    for (const value of ['5', '16', '4']) line = `${taken(line, value)}:`;
    line = taken(line, '3600:');
    const parsed = parseTask(`${line}./train`);
    expect(parsed).toMatchObject({
      task: { priority: 5, memoryGb: 16, cpu: 4, timeoutSeconds: 3600, command: './train' },
    });
  });

  it('is, as a whole line, a task once its places are filled', () => {
    for (const { text } of suggestionsAt('', 0).filter(({ isSnippet }) => isSnippet)) {
      const filled = text.replace(/\$\{\d:([^}]*)\}/g, '$1');
      expect(parseTask(filled)).toHaveProperty('task');
    }
  });

  it('replaces the field that the cursor is in', () => {
    const [first] = suggestionsAt('shell:1:12:3:x', 9);
    expect(first).toMatchObject({ start: 8, end: 10 });
  });

  it('is nothing in comments and in commands', () => {
    expect(suggestionsAt('# shell', 7)).toEqual([]);
    expect(suggestionsAt('shell:1:0:1:./train --at 12:', 28)).toEqual([]);
    expect(suggestionsAt('shell:1:0:1:60:', 15).length).toBeGreaterThan(0);
  });

  it('stands in the line, whatever that is', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (line, at) => {
        const character = at % (line.length + 1);
        for (const { start, end } of suggestionsAt(line, character)) {
          expect(start).toBeLessThanOrEqual(character);
          expect(end).toBeGreaterThanOrEqual(start);
          expect(end).toBeLessThanOrEqual(line.length);
        }
      }),
    );
  });
});
