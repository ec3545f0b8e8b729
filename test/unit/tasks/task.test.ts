import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTask, type Task, taskId } from '../../../src/tasks/task';
import { lineOf, taskParts, validLineText } from './arbitraries';

function taskOf(line: string): Task {
  const parsed = parseTask(line);
  if ('problem' in parsed) throw new Error(parsed.problem.message);
  return parsed.task;
}

function problemOf(line: string): string {
  const parsed = parseTask(line);
  if ('task' in parsed) throw new Error(`"${line}" is a task`);
  return `${parsed.problem.column}: ${parsed.problem.message}`;
}

describe('a task line', () => {
  it('has a type, a priority, memory, cores and a command', () => {
    expect(taskOf('shell:3:4:2:echo hello')).toEqual({
      line: 'shell:3:4:2:echo hello',
      type: 'shell',
      priority: 3,
      memoryGb: 4,
      cpu: 2,
      timeoutSeconds: undefined,
      command: 'echo hello',
    });
  });

  it('may have colons in its command', () => {
    expect(taskOf('shell:1:0:1:echo a:b::').command).toBe('echo a:b::');
    expect(taskOf('shell:1:0:1::').command).toBe(':');
  });

  it('has a timeout when digits and a colon stand before the command', () => {
    expect(taskOf('shell:1:0:0:60:cmd')).toMatchObject({ timeoutSeconds: 60, command: 'cmd' });
    expect(taskOf('shell:1:0:0:0:cmd')).toMatchObject({ timeoutSeconds: 0, command: 'cmd' });
    expect(taskOf('shell:1:0:0:60:7:cmd')).toMatchObject({ timeoutSeconds: 60, command: '7:cmd' });
  });

  it('has no timeout when no colon follows the digits, or something else precedes them', () => {
    expect(taskOf('shell:1:0:0:60')).toMatchObject({ timeoutSeconds: undefined, command: '60' });
    expect(taskOf('shell:1:0:0: 60:x')).toMatchObject({
      timeoutSeconds: undefined,
      command: ' 60:x',
    });
    expect(taskOf('shell:1:0:0:60s:x').timeoutSeconds).toBeUndefined();
    expect(taskOf('shell:1:0:0:-1:x').timeoutSeconds).toBeUndefined();
  });

  it('keeps blanks around the command, since the line is the identity', () => {
    expect(taskOf('shell:1:0:0:  echo hi ').command).toBe('  echo hi ');
    expect(taskId('shell:1:0:0:echo hi')).not.toBe(taskId('shell:1:0:0:echo hi '));
  });

  it('comes back from its parts as it was printed', () => {
    fc.assert(
      fc.property(taskParts, parts => {
        const line = lineOf(parts);
        expect(taskOf(line)).toEqual({ ...parts, line });
      }),
      { numRuns: 1000 },
    );
  });

  it('is a task or a problem with a place in the line, whatever it holds', () => {
    const anyLine = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map(units => String.fromCharCode(...units)),
      fc
        .tuple(fc.constantFrom('shell', 'python', 'demo', ' shell', 'bash', ''), validLineText)
        .map(fields => fields.join(':')),
      fc.array(fc.constantFrom('shell', ':', '1', '0', ' ', '4G', 'x')).map(p => p.join('')),
    );
    fc.assert(
      fc.property(anyLine, line => {
        const parsed = parseTask(line);
        if ('task' in parsed) {
          expect(parsed.task.line).toBe(line);
          return;
        }
        const { column, message } = parsed.problem;
        expect(column).toBeGreaterThanOrEqual(1);
        expect(column).toBeLessThanOrEqual(line.length + 1);
        expect(message).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
        expect(message.length).toBeLessThan(300);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a line that is no task', () => {
  it.each([
    // a number that is none
    ['shell:1:4G:1:x', '9: memory must be a whole number of GB, found "4G". Write 4'],
    ['shell:1:512 MB:1:x', '9: memory must be a whole number of GB, found "512 MB". Write 1'],
    ['shell:1:2T:1:x', '9: memory must be a whole number of GB, found "2T". Write 2000'],
    ['shell:1:0.5:1:x', '9: memory must be a whole number of GB, found "0.5". Write 1'],
    ['shell:1: 4:1:x', '9: memory must be a whole number of GB, found " 4". Write 4'],
    ['shell:1:-1:0:x', '9: memory must be a whole number of GB, found "-1". Write 0'],
    [
      'shell:1::0:x',
      '9: memory must be a whole number of GB, found "". Write 0 if it does not matter',
    ],
    [
      'shell:x:0:0:x',
      '7: priority must be a whole number, found "x". Write 0 if it does not matter',
    ],
    ['shell:+1:0:0:x', '7: priority must be a whole number, found "+1". Write 1'],
    ['shell:1:0:0.5:x', '11: min_cpu must be a whole number of cores, found "0.5". Write 1'],
    [
      'shell:١:0:0:x',
      '7: priority must be a whole number, found "١". Write 0 if it does not matter',
    ],
    // a number that is too large
    [
      'shell:1:2000000:1:x',
      '9: memory must be at most 1,000,000 GB, found "2000000". Write 1000000 or less',
    ],
    [
      'shell:9999999999:0:1:x',
      '7: priority must be at most 1,000,000,000, found "9999999999". Write 1000000000 or less',
    ],
    [
      'shell:1:0:100001:x',
      '11: min_cpu must be at most 100,000 cores, found "100001". Write 100000 or less',
    ],
    [
      'shell:1:0:0:2000001:x',
      '13: timeout must be at most 2,000,000 seconds, found "2000001". Write 2000000 or less',
    ],
    [
      `shell:${'0'.repeat(20)}1:0:0:x`,
      `7: priority must be at most 1,000,000,000, found "${'0'.repeat(20)}1". Write 1000000000 or less`,
    ],
    // a type that is none
    ['bash:1:0:0:x', '1: type must be shell, python or demo, found "bash". Write shell'],
    ['Python3:1:0:0:x', '1: type must be shell, python or demo, found "Python3". Write python'],
    ['DEMO:1:0:0:x', '1: type must be shell, python or demo, found "DEMO". Write demo'],
    ['shell :1:0:0:x', '1: type must be shell, python or demo, found "shell ". Write shell'],
    [' shell:1:0:0:x', '1: a blank stands before shell. Remove it'],
    ['\tpython:1:0:0:x', '1: a blank stands before python. Remove it'],
    // a bare command
    [
      'echo hello',
      '1: a task line is type:priority:memory:min_cpu:command, found "echo hello". Write shell:0:0:0: before the command',
    ],
    [
      'curl http://host:80/',
      '1: a task line is type:priority:memory:min_cpu:command, found "curl http://host:80/". Write shell:0:0:0: before the command',
    ],
    // too few fields
    [
      'shell:1:1:echo too few fields',
      '11: a task line has five fields, type:priority:memory:min_cpu:command, found 4. Write shell:1:1:0: before the command',
    ],
    [
      'shell:echo',
      '7: a task line has five fields, type:priority:memory:min_cpu:command, found 2. Write shell:0:0:0: before the command',
    ],
    [
      'shell:1:2:3',
      '12: a task line has five fields, type:priority:memory:min_cpu:command, found 4. Write shell:1:2:3: before the command',
    ],
    // no command
    ['shell:1:0:0:', '13: the command is empty. Write it after the last colon'],
    ['shell:1:0:0: \t ', '13: the command is empty. Write it after the last colon'],
    ['shell:1:0:0:60:', '16: the command is empty. Write it after the last colon'],
    // text that a line cannot hold
    ['shell:1:0:0:a\0b', '14: a task is one line of text, found a NUL in it. Remove it'],
    [
      'shell:1:0:0:a\rb',
      '14: a task is one line of text, found a carriage return in it. Remove it',
    ],
    ['shell:1:0:0:a\nb', '14: a task is one line of text, found a line break in it. Remove it'],
    [
      'shell:1:0:0:😀\ud83d',
      '15: a task is text in UTF-8, found half of a surrogate pair. Remove it',
    ],
    [
      'WORKER_COMMAND_CLOSE:0:0:0:WORKER_COMMAND_CLOSE',
      '1: a line that begins with WORKER_COMMAND_CLOSE tells every worker to end, and is not a task. Remove it',
    ],
  ])('%j: says what is wrong and what to write', (line, expected) => {
    expect(problemOf(line)).toBe(expected);
  });

  it('is quoted short and harmless', () => {
    expect(problemOf(`shell:${'z'.repeat(500)}:0:0:x`)).toContain(`"${'z'.repeat(32)}…"`);
    expect(problemOf(`shell:${'😀'.repeat(500)}:0:0:x`)).toContain(`"${'😀'.repeat(32)}…"`);
    expect(problemOf('shell:\u001b[31m\u202e\u0085:0:0:x')).toContain(
      String.raw`"\u001b[31m\u202e\u0085"`,
    );
  });

  it('counts columns as an editor does', () => {
    expect(problemOf('shell:😀:0:0:x')).toMatch(/^7: /);
    expect(problemOf('shell:1:0:0:😀 \0')).toMatch(/^16: /);
  });
});

describe('the length of a command', () => {
  // One argument of a program: 131,072 bytes with its final NUL.
  const room = 131_071;

  it.each([
    ['shell', 0],
    ['python', "python3 -c ''".length],
    ['demo', "printf '%s\\n' ''".length],
  ])('of type %s is what fits into one argument of sh', (type, wrapping) => {
    const longest = 'x'.repeat(room - wrapping);
    expect(taskOf(`${type}:1:0:0:${longest}`).command).toBe(longest);
    expect(problemOf(`${type}:1:0:0:${longest}x`)).toMatch(
      /^\d+: the command must be at most 131,071 bytes, found 131,072 bytes\. Put it into a script and run that$/,
    );
  });

  it('is counted in bytes of UTF-8', () => {
    expect(taskOf(`shell:1:0:0:${'é'.repeat(65_535)}`).command).toHaveLength(65_535);
    expect(problemOf(`shell:1:0:0:${'é'.repeat(65_536)}`)).toContain('found 131,072 bytes');
  });

  it('counts what quoting adds', () => {
    expect(problemOf(`demo:1:0:0:${"'".repeat(40_000)}`)).toContain('found 160,016 bytes');
  });
});

describe('a task id', () => {
  it('is the beginning of the SHA-256 of the line in UTF-8', () => {
    // printf %s 'shell:1:0:0:echo é' | sha256sum
    expect(taskId('shell:1:0:0:echo é')).toBe('ba94ca072689');
  });
});
