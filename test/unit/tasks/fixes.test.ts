import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namedFields } from '../../../src/tasks/fields';
import { readTextLine } from '../../../src/tasks/file';
import { fixed } from '../../../src/tasks/problem';
import { parseTask } from '../../../src/tasks/task';
import { lineOf, taskParts } from './arbitraries';

/** The line with one remedy carried out, or undefined where there is nothing to do. */
function remedied(line: string): string | undefined {
  const parsed = parseTask(line);
  return 'problem' in parsed && parsed.problem.fix ? fixed(line, parsed.problem.fix) : undefined;
}

describe('the remedy of a problem', () => {
  it.each([
    ['shell:1:4G:1:x', 'shell:1:4:1:x'],
    ['shell:1:512 MB:1:x', 'shell:1:1:1:x'],
    ['shell::0:1:x', 'shell:0:0:1:x'],
    ['shell:1:2000000:1:x', 'shell:1:1000000:1:x'],
    ['shell:1:0:0.5:x', 'shell:1:0:1:x'],
    ['shell:1:0:0:99999999:x', 'shell:1:0:0:2000000:x'],
    ['bash:1:0:0:x', 'shell:1:0:0:x'],
    ['pyhton:1:0:0:x', 'python:1:0:0:x'],
    ['  shell:1:0:0:x', 'shell:1:0:0:x'],
    ['./train --lr 0.1', 'shell:0:0:0:./train --lr 0.1'],
    ['echo a:b', 'shell:0:0:0:echo a:b'],
    ['12: is a prefix', 'shell:0:0:0: 12: is a prefix'],
    ['shell:1:./train', 'shell:1:0:0:./train'],
    ['shell:1:4:./train --at 12', 'shell:1:4:0:./train --at 12'],
    ['shell:1:0:1', 'shell:1:0:1:'],
    ['shell:1:0:0:a\0b', 'shell:1:0:0:ab'],
    ['shell:1:0:0:a\ud800b', 'shell:1:0:0:ab'],
    ['WORKER_COMMAND_CLOSE:0:0:0:WORKER_COMMAND_CLOSE', ''],
  ])('%j becomes %j', (line, becomes) => {
    expect(remedied(line)).toBe(becomes);
  });

  it('is not carried out where only a person knows how', () => {
    expect(remedied('shell:1:0:0: ')).toBeUndefined();
    expect(remedied(`shell:1:0:0:${'x'.repeat(140_000)}`)).toBeUndefined();
  });

  it('is what the message ends with, and leads to a task or to a problem without one', () => {
    const part = fc.constantFrom('shell', ':', '1', '0', ' ', '4G', 'x', '-', 'bash', '\0', '12:');
    const damaged = fc
      .tuple(taskParts, fc.nat(12), fc.constantFrom('', ' ', 'G', ':', 'x', '-'))
      .map(([parts, at, put]) => {
        const line = lineOf(parts);
        return line.slice(0, at) + put + line.slice(at + 1);
      });
    const anyLine = fc.oneof(
      damaged,
      fc.array(part).map(parts => parts.join('')),
    );
    fc.assert(
      fc.property(anyLine, start => {
        let line = start;
        for (let step = 0; step < 200; step++) {
          const parsed = parseTask(line);
          if ('task' in parsed || !parsed.problem.fix) return;
          const { fix, message } = parsed.problem;
          expect(message.endsWith(`. ${fix.remedy}`)).toBe(true);
          line = fixed(line, fix);
          if (line === '') return;
        }
        throw new Error(`no end: ${JSON.stringify(start)}`);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps the command behind it as it stands', () => {
    const bare = fc.string({ unit: 'grapheme-ascii', minLength: 3 }).filter(text => {
      const parsed = parseTask(text);
      return text.trim() !== '' && 'problem' in parsed && parsed.problem.kind === 'fields';
    });
    fc.assert(
      fc.property(
        bare.filter(text => !text.startsWith('shell:')),
        text => {
          const parsed = parseTask(remedied(text) ?? '');
          expect('task' in parsed && parsed.task.command.trimStart()).toBe(text.trimStart());
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the fields of a line', () => {
  it('have names and places, as far as they are written', () => {
    const named = (line: string) =>
      namedFields(line).map(({ name, column, text }) => `${name}@${column}=${text}`);
    expect(named('shell:1:0:2:60:echo a:b')).toEqual([
      'type@1=shell',
      'priority@7=1',
      'memory@9=0',
      'min_cpu@11=2',
      'timeout@13=60',
      'command@16=echo a:b',
    ]);
    expect(named('shell:1:')).toEqual(['type@1=shell', 'priority@7=1', 'memory@9=']);
    expect(named('sh')).toEqual(['type@1=sh']);
    expect(named('shell:1:0:2:60')).toContain('command@13=60');
  });

  it('put together are the line', () => {
    fc.assert(
      fc.property(taskParts, parts => {
        const line = lineOf(parts);
        expect(
          namedFields(line)
            .map(({ text }) => text)
            .join(':'),
        ).toBe(line);
      }),
    );
  });
});

describe('a line of an editor', () => {
  it('is left out, a task or a problem, as in a file', () => {
    expect(readTextLine('  # a comment')).toBeUndefined();
    expect(readTextLine('ab')).toBeUndefined();
    expect(readTextLine('shell:1:0:0:x')).toMatchObject({ task: { command: 'x' } });
    expect(readTextLine('x'.repeat(140_000))).toMatchObject({
      problem: { message: expect.stringContaining('found more than that') },
    });
  });
});
