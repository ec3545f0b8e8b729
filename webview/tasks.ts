/** The table of tasks: of one state, or those of them in which a text stands. */
import type { Sort, Table, TaskStateName, Window } from '../src/protocol';
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

export interface TasksState {
  state: TaskStateName;
  search: string;
}

export class TasksPart {
  readonly #table: TablePart;
  readonly #onView: () => void;
  #shown: TasksState;
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor(shown: TasksState, onView: () => void) {
    this.#shown = shown;
    this.#onView = onView;
    const states = chooser('State of the tasks', STATES, shown.state, state =>
      this.#choose({ state }),
    );
    this.#table = new TablePart('tasks', 'Tasks', [states, this.#searchField()], onView);
  }

  get root(): HTMLElement {
    return this.#table.root;
  }

  get shown(): TasksState {
    return this.#shown;
  }

  get window(): Window {
    return this.#table.window;
  }

  show(table: Table): void {
    this.#table.show(table);
  }

  reset(sort?: Sort): void {
    this.#table.reset(sort);
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

  #choose(change: Partial<TasksState>): void {
    this.#shown = { ...this.#shown, ...change };
    this.#table.reset();
    this.#onView();
  }
}
