import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readTaskFile, type TaskFileEntry } from '../../../src/tasks/file';

/** Recorded from a run of the original: a task file, what loading it printed, what Redis held afterwards. */
function recorded(name: string): string {
  return readFileSync(new URL(`../../fixtures/original/${name}`, import.meta.url), 'utf8');
}

const lines = recorded('original-tasks.txt').split('\n').slice(0, -1);

const refusedByOriginal = new Set(
  recorded('original-load.out')
    .split('\n')
    .filter(line => line.startsWith('task format error: '))
    .map(line => line.slice('task format error: '.length)),
);

const { todo_tasks, finished_tasks } = JSON.parse(recorded('original-redis-state.json'));
const tasksOfOriginal = new Set([...Object.keys(todo_tasks), ...Object.keys(finished_tasks)]);

/** Lines that the original refuses and the design takes. */
const TAKEN_BY_US_ALONE = ['shell:1:0:1:echo a:b', 'demo:1:0:1:hello'];

async function entries(text: string): Promise<TaskFileEntry[]> {
  const found: TaskFileEntry[] = [];
  for await (const entry of readTaskFile(singleChunk(text))) found.push(entry);
  return found;
}

async function* singleChunk(text: string) {
  yield text;
}

describe("the verdict on a line of the original's task file", () => {
  it('is known from the record for every line', () => {
    const skipped = lines.filter(
      line => !tasksOfOriginal.has(line) && !refusedByOriginal.has(line),
    );
    expect(skipped).toEqual(['# comment line', 'ab']);
    expect(refusedByOriginal.size).toBe(7);
  });

  it.each(lines.map((line, index) => [index + 1, line] as const))(
    'is the same for line %i: %j',
    async (lineNumber, line) => {
      const entry = (await entries(recorded('original-tasks.txt'))).find(
        found => found.lineNumber === lineNumber,
      );
      const ours = entry && ('task' in entry ? 'task' : 'refused');
      const theirs = tasksOfOriginal.has(line)
        ? 'task'
        : refusedByOriginal.has(line)
          ? 'refused'
          : undefined;
      expect(ours).toBe(TAKEN_BY_US_ALONE.includes(line) ? 'task' : theirs);
      if (entry && 'task' in entry) expect(entry.task.line).toBe(line);
    },
  );

  it('lets every line through that the original left in Redis', async () => {
    const all = await entries([...tasksOfOriginal].join('\n'));
    expect(all.map(entry => 'task' in entry && entry.task.line)).toEqual([...tasksOfOriginal]);
  });
});
