import { describe, expect, it } from 'vitest';
import { FileTasks } from '../../../src/cli/run/fileTasks';
import type { SubmitVerdict } from '../../../src/queue/submit';
import type { Task } from '../../../src/tasks/task';

const note = (tasks: FileTasks, line: string, lineNumber: number, verdict: SubmitVerdict) =>
  tasks.note(taskOf(line), lineNumber, verdict);
const taskOf = (line: string): Task => ({
  line,
  type: 'shell',
  priority: 1,
  memoryGb: 0,
  cpu: 0,
  timeoutSeconds: undefined,
  command: line,
});

describe('the tasks of a run', () => {
  it('are the distinct ones of the file, each with its first line', () => {
    const tasks = new FileTasks();
    note(tasks, 'a', 1, 'added');
    note(tasks, 'b', 3, 'added');
    note(tasks, 'a', 4, 'todo');
    expect(tasks.submitted).toBe(2);
    expect(tasks.pending.size).toBe(2);
    expect([...tasks.entries()]).toEqual([
      ['a', 1],
      ['b', 3],
    ]);
    expect(tasks.description('x.tasks')).toEqual(['x.tasks: 2 tasks (1 repeated line)']);
  });

  it('do not wait for what had finished before', () => {
    const tasks = new FileTasks();
    note(tasks, 'a', 1, 'finished');
    note(tasks, 'b', 2, 'in_progress');
    expect(tasks.already).toBe(1);
    expect(tasks.pending.has('a')).toBe(false);
    expect(tasks.pending.has('b')).toBe(true);
  });

  it('say what came of an earlier run', () => {
    const tasks = new FileTasks();
    for (let line = 1; line <= 312; line++) note(tasks, `task ${line}`, line, 'finished');
    for (let line = 313; line <= 316; line++) note(tasks, `task ${line}`, line, 'retried');
    for (let line = 317; line <= 1000; line++) note(tasks, `task ${line}`, line, 'todo');
    expect(tasks.description('sweep.tasks')).toEqual([
      'sweep.tasks: 1,000 tasks',
      'continuing: 312 of 1,000 already finished; 4 failed are tried again',
    ]);
  });
});
