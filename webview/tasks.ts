/** The table of tasks: of one state, or those of them in which a text stands. */
import { TASK_STATES, type Table, type TasksShown } from '../src/protocol';
import { chooser } from './chooser';
import { element } from './element';
import { TablePart } from './table';
import { words } from './words';

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
    const options = TASK_STATES.map(state => [state, words.states[state]] as const);
    const states = chooser(words.labels.state, options, shown.state, state =>
      this.#choose({ state }),
    );
    this.table = new TablePart('tasks', words.tabs.tasks, [states, this.#searchField()], onView);
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
      placeholder: words.search,
      'aria-label': words.labels.search,
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
