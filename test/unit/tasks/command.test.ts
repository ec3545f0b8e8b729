import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTask, shellCommand } from '../../../src/tasks/task';
import { command } from './arbitraries';

/** The shells that `/bin/sh` is on the systems where workers run. */
const SHELLS: [name: string, program: string, ...before: string[]][] = [
  ['dash', 'dash'],
  ['bash', 'bash', '--posix'],
  ['busybox', 'busybox', 'sh'],
];

function run([, program, ...before]: (typeof SHELLS)[number], line: string): string {
  const parsed = parseTask(line);
  if ('problem' in parsed) throw new Error(parsed.problem.message);
  const ended = spawnSync(program, [...before, '-c', '--', shellCommand(parsed.task)]);
  if (ended.error) throw ended.error;
  expect(ended.stderr.toString()).toBe('');
  expect(ended.status).toBe(0);
  return ended.stdout.toString();
}

describe.each(SHELLS)('with %s as sh', (...shell) => {
  it('a demo task prints its text, whatever it holds', () => {
    fc.assert(
      fc.property(command, text => {
        expect(run(shell, `demo:1:0:0:0:${text}`)).toBe(`${text}\n`);
      }),
      { numRuns: 60 },
    );
  });

  it('a shell task is its command', () => {
    expect(run(shell, `shell:1:0:0:x='a  b'; printf '%s|' "$x" a:b`)).toBe('a  b|a:b|');
  });
});

/** Python starts slowly on some machines; how the shells quote is seen above. */
describe('with the sh of this machine', () => {
  const shell: (typeof SHELLS)[number] = ['sh', '/bin/sh'];

  it.each([
    [String.raw`print("it's", '"', "\\", '\x41')`, String.raw`it's " \ A`],
    ['print("$HOME `id` $(id) ! * %s")', '$HOME `id` $(id) ! * %s'],
    ['import sys; print(ascii("é😀:"))', String.raw`'\xe9\U0001f600:'`],
    ['  print("a blank before it")', 'a blank before it'],
  ])('a python task runs %s as Python reads it', (program, printed) => {
    expect(run(shell, `python:1:0:0:${program}`)).toBe(`${printed}\n`);
  });

  const room = 131_071;
  const longestText = 'x'.repeat(room - "printf '%s\\n' ''".length);
  it.each([
    ['shell', 'echo ok #'.padEnd(room, 'x'), 'ok'],
    ['python', 'print("ok") #'.padEnd(room - "python3 -c ''".length, 'x'), 'ok'],
    ['demo', longestText, longestText],
  ])('the longest command of type %s still starts', (type, command, printed) => {
    expect(run(shell, `${type}:1:0:0:${command}`)).toBe(`${printed}\n`);
  });
});
