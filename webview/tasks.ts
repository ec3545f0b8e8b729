/** The table of tasks: of one state, or those of them in which a text stands. */
import type { Table, TaskStateName, TasksShown } from '../src/protocol';
import { chooser } from './chooser';
import { element } from './element';
import { TablePart } from './table';

const STATES = [
  ['in_progress', 'In progress'],
  ['failed', 'Failed'],
  ['todo', 'To do'],
  ['finished', 'Finished'],
] as const satisfies readonly (readonly [TaskStateName, string])[];

/** Whoever types is not asked after every letter. */
const TYPING_MS = 300;

export class TasksPart {
  readonly table: TablePart;
  readonly #onView: () => void;
  #shown: TasksShown;
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor(shown: TasksShown, onView: () => void) {
    this.#shown = shown;
    this.#onView = onView;
    const states = chooser('State of the tasks', STATES, shown.state, state =>
      this.#choose({ state }),
    );
    this.table = new TablePart('tasks', 'Tasks', [states, this.#searchField()], onView);
  }

  get shown(): TasksShown {
    return this.#shown;
  }

  show(table: Table): void {
    const { state, search } = this.#shown;
    // What was asked for before may still come.
    if (table.tasks?.state === state && table.tasks.search === search) this.table.show(table);
  }

  #searchField(): HTMLElement {
    const field = element('vscode-text-field', {
      placeholder: 'Search',
      'aria-label': 'Text of the line, its worker, its result or the reason of its failure',
      value: this.#shown.search,
    });
    field.addEventListener('input', () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => {
        if ('value' in field) this.#choose({ search: String(field.value) });
      }, TYPING_MS);
    });
    return field;
  }

  #choose(change: Partial<TasksShown>): void {
    this.#shown = { ...this.#shown, ...change };
    this.table.reset();
    this.#onView();
  }
}
