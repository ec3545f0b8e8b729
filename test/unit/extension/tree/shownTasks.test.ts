import { describe, expect, it } from 'vitest';
import type { Rows } from '../../../../src/extension/store/rows';
import type { TaskNode } from '../../../../src/extension/tree/nodes';
import { ShownTasks } from '../../../../src/extension/tree/shownTasks';
import type { PageRow } from '../../../../src/queue/pages';

const rowsOf = (rows: PageRow[], more = false): Rows => ({ rows, more, orderEnds: undefined });
const labelOf = (line: string) => `label of ${line}`;

function shown(rows: Rows): { tasks: ShownTasks; nodes: TaskNode[] } {
  const tasks = new ShownTasks();
  const nodes = rows.rows.map(
    (row): TaskNode => ({
      kind: 'task',
      queue: 'default',
      state: 'failed',
      row,
      label: labelOf(row.line),
    }),
  );
  tasks.keep('failed', rows, nodes);
  return { tasks, nodes };
}

const A: PageRow = { line: 'a', attempts: 1, reason: 'exit 1' };
const B: PageRow = { line: 'b', attempts: 1 };

describe('the tasks that a tree shows', () => {
  it('have nothing new when they read the same', () => {
    const { tasks } = shown(rowsOf([A, B]));
    expect(tasks.outdated('failed', rowsOf([{ ...A }, { ...B }]), labelOf)).toEqual([]);
  });

  it('are those of which there is something new, on the nodes that are shown', () => {
    const { tasks, nodes } = shown(rowsOf([A, B]));
    const now = { ...B, attempts: 2 };
    expect(tasks.outdated('failed', rowsOf([A, now]), labelOf)).toEqual([nodes[1]]);
    expect(nodes[1]?.row).toBe(now);
    expect(tasks.outdated('failed', rowsOf([A, now]), labelOf)).toEqual([]);
  });

  it('are those whose label is another one now', () => {
    const { tasks, nodes } = shown(rowsOf([A, B]));
    const shorter = (line: string) => (line === 'a' ? '… a' : labelOf(line));
    expect(tasks.outdated('failed', rowsOf([A, B]), shorter)).toEqual([nodes[0]]);
    expect(nodes[0]?.label).toBe('… a');
  });

  it.each([
    ['another task', rowsOf([A])],
    ['another order', rowsOf([B, A])],
    ['more behind them', rowsOf([A, B], true)],
    ['an end of their order', { ...rowsOf([A, B]), orderEnds: 1 }],
  ])('are another list with %s', (_, now) => {
    expect(shown(rowsOf([A, B])).tasks.outdated('failed', now, labelOf)).toBe('list');
  });

  it('are none where a state is folded, or was never unfolded', () => {
    const { tasks } = shown(rowsOf([A]));
    expect(tasks.outdated('failed', undefined, labelOf)).toEqual([]);
    expect(tasks.outdated('todo', rowsOf([B]), labelOf)).toEqual([]);
    expect(tasks.of('todo')).toEqual([]);
  });
});
