import { describe, expect, it } from 'vitest';
import { type AskStates, PendingTasks } from '../../../src/cli/run/pending';
import type { TaskState } from '../../../src/queue/states';
import type { Task } from '../../../src/tasks/task';

/** A queue in which every task is in todo unless it was given another state. */
class Queue {
  asked = 0;
  readonly states = new Map<string, TaskState | 'absent'>();
  readonly ask: AskStates = async lines => {
    this.asked += lines.length;
    return lines.map(line => this.states.get(line) ?? 'todo');
  };
  set(state: TaskState | 'absent', ...lines: string[]): void {
    for (const line of lines) this.states.set(line, state);
  }
}

const taskOf = (line: string, more: Partial<Task> = {}): Task => ({
  line,
  type: 'shell',
  priority: 1,
  memoryGb: 0,
  cpu: 0,
  timeoutSeconds: undefined,
  command: line,
  ...more,
});
const pendingOf = (count: number, more: (index: number) => Partial<Task> = () => ({})) => {
  const pending = new PendingTasks();
  for (let index = 0; index < count; index++) {
    pending.add(taskOf(`task ${index}`, more(index)));
  }
  return pending;
};

describe('pending tasks', () => {
  it('are found when they have finished or failed, and stay until they are removed', async () => {
    const queue = new Queue();
    const pending = pendingOf(5);
    queue.set('finished', 'task 1');
    queue.set('failed', 'task 3');
    queue.set('in_progress', 'task 0');
    const ended = [
      { line: 'task 1', state: 'finished' },
      { line: 'task 3', state: 'failed' },
    ];
    expect(await pending.look(queue.ask, 0)).toEqual(ended);
    expect(await pending.look(queue.ask, 0)).toEqual(ended);
    pending.remove('task 1');
    pending.remove('task 3');
    expect(await pending.look(queue.ask, 0)).toEqual([]);
    expect(pending.size).toBe(3);
    expect(pending.has('task 1')).toBe(false);
  });

  it('are asked for in bounded numbers, however many there are', async () => {
    const queue = new Queue();
    const pending = pendingOf(200_000);
    await pending.look(queue.ask, 0);
    expect(queue.asked).toBe(1000);
    queue.asked = 0;
    for (let index = 0; index < 200_000; index++) queue.set('finished', `task ${index}`);
    await pending.look(queue.ask, 0);
    expect(queue.asked).toBe(10_000);
  });

  it('are all found in the end, in whichever order they end', async () => {
    const queue = new Queue();
    const pending = pendingOf(20_000);
    queue.set('finished', 'task 19999', 'task 12345', 'task 700');
    const found = new Set<string>();
    for (let look = 0; look < 45; look++) {
      for (const { line } of await pending.look(queue.ask, 0)) {
        found.add(line);
        pending.remove(line);
      }
    }
    expect([...found].sort()).toEqual(['task 12345', 'task 19999', 'task 700']);
  });

  it('are found at once where many have ended, behind some that do not end', async () => {
    const queue = new Queue();
    const pending = pendingOf(10_000);
    for (let index = 300; index < 5_000; index++) queue.set('finished', `task ${index}`);
    expect(await pending.look(queue.ask, 0)).toHaveLength(4_700);
  });

  it('are found at once where others of the file go first, or do not fit', async () => {
    const queue = new Queue();
    const pending = pendingOf(90_000, index => ({ priority: index % 3, memoryGb: index % 2 }));
    // Of the highest priority, those that need no memory.
    const first = Array.from({ length: 5_000 }, (_, i) => `task ${6 * i + 2}`);
    queue.set('finished', ...first);
    expect(await pending.look(queue.ask, 0)).toHaveLength(first.length);
  });

  it('are asked for in bounded numbers, however many kinds there are', async () => {
    const queue = new Queue();
    const pending = pendingOf(1_000, index => ({ memoryGb: index }));
    await pending.look(queue.ask, 0);
    expect(queue.asked).toBeLessThanOrEqual(10_000);
    const found = new Set<string>();
    for (let index = 0; index < 1_000; index++) queue.set('finished', `task ${index}`);
    for (let look = 0; look < 60; look++) {
      for (const { line } of await pending.look(queue.ask, 0)) {
        found.add(line);
        pending.remove(line);
      }
    }
    expect(found.size).toBe(1_000);
    expect(pending.size).toBe(0);
  });

  it('are all looked at when that is asked for', async () => {
    const queue = new Queue();
    const pending = pendingOf(12_000);
    queue.set('failed', 'task 0', 'task 11999');
    const ended = await pending.lookAtAll(queue.ask, 0);
    expect(ended.map(({ line }) => line)).toEqual(['task 0', 'task 11999']);
  });

  it('count as absent only when they stay so for five seconds', async () => {
    const queue = new Queue();
    const pending = pendingOf(2);
    queue.set('absent', 'task 0', 'task 1');
    expect(await pending.look(queue.ask, 0)).toEqual([]);
    queue.set('in_progress', 'task 1');
    expect(await pending.look(queue.ask, 3_000)).toEqual([]);
    queue.set('absent', 'task 1');
    expect(await pending.look(queue.ask, 5_000)).toEqual([{ line: 'task 0', state: 'absent' }]);
    pending.remove('task 0');
    expect(await pending.look(queue.ask, 9_999)).toEqual([]);
    expect(await pending.look(queue.ask, 10_000)).toEqual([{ line: 'task 1', state: 'absent' }]);
  });
});
