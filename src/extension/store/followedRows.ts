/** The tasks that a view shows: of which states, how many pages of each, and what was last read of them. */
import { isDeepStrictEqual } from 'node:util';
import type { TaskState } from '../../queue/states';
import type { Rows } from './rows';

export class FollowedRows {
  readonly #pages = new Map<TaskState, number>();
  readonly #rows = new Map<TaskState, Rows>();

  /** Follows a state from now on. As last read, undefined when it was not. */
  follow(state: TaskState): Rows | undefined {
    if (!this.#pages.has(state)) this.#pages.set(state, 1);
    return this.#rows.get(state);
  }

  /** As last read, without following it. */
  known(state: TaskState): Rows | undefined {
    return this.#rows.get(state);
  }

  /** One page more. */
  followMore(state: TaskState): void {
    this.#pages.set(state, (this.#pages.get(state) ?? 1) + 1);
  }

  /** Nobody looks at the tasks of this state any more. */
  unfollow(state: TaskState): void {
    this.#pages.delete(state);
    this.#rows.delete(state);
  }

  /** What was read is not known any more; what is followed stays. */
  forget(): void {
    this.#rows.clear();
  }

  /** How many pages of which states, as it stands now. */
  wanted(): ReadonlyMap<TaskState, number> {
    return new Map(this.#pages);
  }

  /** Keeps what was read of what was `wanted`. Tells whether any of it is new. */
  keep(wanted: ReadonlyMap<TaskState, number>, found: ReadonlyMap<TaskState, Rows>): boolean {
    let isNew = false;
    for (const [state, rows] of found) {
      // Collapsed, or longer, since it was asked for.
      if (this.#pages.get(state) !== wanted.get(state)) continue;
      isNew ||= !isDeepStrictEqual(rows, this.#rows.get(state));
      this.#rows.set(state, rows);
    }
    return isNew;
  }
}
