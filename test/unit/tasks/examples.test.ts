import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readTaskFile, type TaskFileEntry } from '../../../src/tasks/file';
import { parseTask } from '../../../src/tasks/task';

const sweep = new URL('../../../examples/sweep.tasks', import.meta.url);
const page = new URL('../../../docs/task-files.md', import.meta.url);

describe('examples/sweep.tasks', () => {
  it('has 45 different tasks, no problem, and small networks first', async () => {
    const entries: TaskFileEntry[] = [];
    for await (const entry of readTaskFile(createReadStream(sweep))) entries.push(entry);
    const tasks = entries.flatMap(entry => ('task' in entry ? [entry.task] : []));
    expect(tasks).toHaveLength(entries.length);
    expect(new Set(tasks.map(task => task.line)).size).toBe(45);
    for (const task of tasks) {
      const priority = { '8': 3, '16': 2, '32': 1 }[/--hidden (\d+)/.exec(task.command)?.[1] ?? ''];
      expect(task.priority).toBe(priority);
    }
  });
});

describe('docs/task-files.md', () => {
  it('shows lines that are read as it says', async () => {
    const text = await readFile(page, 'utf8');
    const rows = [
      ...text.matchAll(/^\| `(shell:[^`]+)` +\| (none given|\d+ s) +\| `([^`]+)` +\|$/gm),
    ];
    expect(rows).toHaveLength(4);
    for (const [, line = '', timeout = '', command] of rows) {
      const timeoutSeconds = timeout === 'none given' ? undefined : Number.parseInt(timeout, 10);
      expect(parseTask(line)).toMatchObject({ task: { timeoutSeconds, command } });
    }
  });
});
