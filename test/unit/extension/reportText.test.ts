import { describe, expect, it } from 'vitest';
import { auditText, previewText } from '../../../src/extension/submission/reportText';
import { noCounts } from '../../../src/tasks/words';

const problem = { kind: 'memory', column: 9, message: 'memory must be …. Write 4' } as const;

describe('a report', () => {
  it('of a preview says what would be done, what is asked for, and what is wrong', () => {
    const first = Array.from({ length: 150 }, (_, at) => ({ lineNumber: at + 1, problem }));
    const text = previewText({
      queue: 'default',
      counts: { ...noCounts(), added: 2, problems: 150 },
      already: { todo: 0, in_progress: 0, finished: 0, repeated: 0 },
      asks: [{ needs: { memoryGb: 64, cores: 1 }, count: 2 }],
      workers: [{ name: 'node7~1', memoryGb: 32, cores: 4 }],
      files: [{ name: 'a\u202e.tasks', problems: { first, count: 150, add: () => undefined } }],
    });
    expect(text.split('\n').slice(0, 11)).toEqual([
      'a<U+202E>.tasks into queue "default". Nothing has been changed.',
      '',
      '2 tasks would be added',
      '150 lines are not understood',
      '',
      'What they ask for:',
      '  2 tasks  64 GB · 1 core  no live worker has 64 GB: the most is 32 GB on node7~1',
      '',
      'Not understood in a<U+202E>.tasks:',
      '  line 1, column 9: memory must be …. Write 4',
      '  line 2, column 9: memory must be …. Write 4',
    ]);
    expect(text.endsWith('line 100, column 9: memory must be …. Write 4\n  … and 50 more\n')).toBe(
      true,
    );
  });

  it('of an audit names the lines, and nothing in them acts on the reader', () => {
    const lost = [{ lineNumber: 1_200, command: 'echo \u001b[31mred' }];
    expect(auditText('a.tasks', 'q', '2 tasks · 2 in no state', lost, 2)).toBe(
      [
        'a.tasks compared with queue "q".',
        '',
        '2 tasks · 2 in no state',
        '',
        'In no state, so that they will never run:',
        '  line 1,200: echo ␛[31mred',
        '  … and 1 more',
        '',
      ].join('\n'),
    );
  });
});
