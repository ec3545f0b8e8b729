/** The tasks of each state as VS Code has them now, and what of them says something new. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { TaskState } from '../../queue/states';
import type { Rows } from '../store/rows';
import type { TaskNode } from './nodes';

interface Shown {
  rows: Rows;
  nodes: readonly TaskNode[];
}

export class ShownTasks {
  readonly #shown = new Map<TaskState, Shown>();

  of(state: TaskState): readonly TaskNode[] {
    return this.#shown.get(state)?.nodes ?? [];
  }

  /** One node a row. */
  keep(state: TaskState, rows: Rows, nodes: readonly TaskNode[]): void {
    this.#shown.set(state, { rows, nodes });
  }

  /**
   * `list`: other tasks, or in another order. Else the nodes of those tasks of which there is something
   * new, and they have it from now on; none of a state that is not unfolded, of which nothing is read.
   */
  outdated(
    state: TaskState,
    now: Rows | undefined,
    labelOf: (line: string) => string,
  ): 'list' | TaskNode[] {
    const shown = this.#shown.get(state);
    if (!shown || !now) return [];
    if (!isSameList(shown.rows, now)) return 'list';
    shown.rows = now;
    return shown.nodes.filter((node, i) => {
      const row = now.rows[i] ?? node.row;
      const label = labelOf(row.line);
      if (label === node.label && isDeepStrictEqual(row, node.row)) return false;
      Object.assign(node, { row, label });
      return true;
    });
  }
}

function isSameList(before: Rows, now: Rows): boolean {
  return (
    before.more === now.more &&
    before.orderEnds === now.orderEnds &&
    before.rows.length === now.rows.length &&
    before.rows.every(({ line }, i) => line === now.rows[i]?.line)
  );
}
