/**
 * What the lines of a text are, kept while it is edited: an edit makes the lines that it touched
 * unread, and reading goes on in pieces, so that a file of any length never holds up typing.
 */
import { readTextLine } from '../../tasks/file';
import type { Needs } from '../../tasks/needs';
import type { Problem, ProblemKind } from '../../tasks/problem';

/** Lines `first` to `last` (from 0) become `count` lines. */
export interface LineEdit {
  first: number;
  last: number;
  count: number;
}

export interface FoundProblem {
  /** From 0. */
  line: number;
  problem: Problem;
}

/** What a task asks for, the same object for all lines that ask for the same. */
interface Task {
  needs: Needs;
  count: number;
}

/** A line that must be read again. */
const UNREAD = Symbol('unread');
/** Undefined: it is left out. */
type LineState = Task | Problem | undefined | typeof UNREAD;

/** Characters that one call reads, more or less: a few milliseconds' worth. */
const PIECE_CHARACTERS = 100_000;
/** Lines that are put in one by one. */
const MOST_SPLICED = 100;
/** What a line costs beside its characters. */
const LINE_CHARACTERS = 32;

export class ParsedLines {
  #states: LineState[];
  #unread: number;
  /** No line before it is unread. */
  #nextUnread = 0;
  #tasks = 0;
  #problems = 0;
  #linesRead = 0;
  readonly #needs = new Map<string, Task>();

  constructor(lineCount: number) {
    this.#states = unread(lineCount);
    this.#unread = lineCount;
  }

  /** Lines that are tasks, among those read. */
  get tasks(): number {
    return this.#tasks;
  }

  /** Lines that are none and should be. */
  get problems(): number {
    return this.#problems;
  }

  get isRead(): boolean {
    return this.#unread === 0;
  }

  /** How many lines were read since the beginning, each as often as it was. */
  get linesRead(): number {
    return this.#linesRead;
  }

  /** What tasks ask for, and how many ask for it. */
  needs(): Iterable<Readonly<Task>> {
    return this.#needs.values();
  }

  /**
   * Takes over an edit of the text, told from its end to its beginning, as VS Code does.
   *
   * @throws RangeError for another order; then nothing has changed
   */
  edit(edits: readonly LineEdit[]): void {
    const fromTheEnd = merged(edits);
    for (const { first, last, count } of fromTheEnd) {
      for (let line = first; line <= last; line++) this.#forget(this.#states[line]);
      this.#unread += count;
      this.#nextUnread = Math.min(this.#nextUnread, first);
    }
    this.#states = replaced(this.#states, fromTheEnd);
  }

  /** Reads one piece of what is unread. True when nothing is left. */
  readPiece(textAt: (line: number) => string): boolean {
    let left = PIECE_CHARACTERS;
    while (this.#unread > 0 && left > 0) {
      const line = this.#nextUnread++;
      if (this.#states[line] !== UNREAD) continue;
      const text = textAt(line);
      this.#states[line] = this.#read(text);
      left -= text.length + LINE_CHARACTERS;
    }
    return this.isRead;
  }

  /** The first problems, from the top. */
  firstProblems(most: number): FoundProblem[] {
    return this.#problems === 0 ? [] : this.#problemsWhere(() => true, most);
  }

  /** Those of a kind, or all, whose remedy can be carried out. */
  fixable(kind?: ProblemKind): FoundProblem[] {
    return this.#problemsWhere(
      problem => problem.fix !== undefined && (kind === undefined || problem.kind === kind),
    );
  }

  problemAt(line: number): Problem | undefined {
    const state = this.#states[line];
    return isProblem(state) ? state : undefined;
  }

  /** The first lines whose tasks ask for one of these, from the top. */
  firstAsking(wanted: ReadonlySet<Needs>, most: number): { line: number; needs: Needs }[] {
    const found: { line: number; needs: Needs }[] = [];
    for (let line = 0; line < this.#states.length && found.length < most; line++) {
      const state = this.#states[line];
      if (isTask(state) && wanted.has(state.needs)) found.push({ line, needs: state.needs });
    }
    return found;
  }

  #problemsWhere(fits: (problem: Problem) => boolean, most = Infinity): FoundProblem[] {
    const found: FoundProblem[] = [];
    for (let line = 0; line < this.#states.length && found.length < most; line++) {
      const state = this.#states[line];
      if (isProblem(state) && fits(state)) found.push({ line, problem: state });
    }
    return found;
  }

  #read(text: string): LineState {
    this.#unread--;
    this.#linesRead++;
    const found = readTextLine(text);
    if (!found) return undefined;
    if ('problem' in found) {
      this.#problems++;
      return found.problem;
    }
    this.#tasks++;
    const { memoryGb, cpu } = found.task;
    const key = `${memoryGb}:${cpu}`;
    const same = this.#needs.get(key);
    if (same) {
      same.count++;
      return same;
    }
    const first: Task = { needs: { memoryGb, cores: cpu }, count: 1 };
    this.#needs.set(key, first);
    return first;
  }

  #forget(state: LineState): void {
    if (state === UNREAD) this.#unread--;
    else if (isProblem(state)) this.#problems--;
    else if (isTask(state)) {
      this.#tasks--;
      state.count--;
      const { memoryGb, cores } = state.needs;
      if (state.count === 0) this.#needs.delete(`${memoryGb}:${cores}`);
    }
  }
}

const unread = (count: number): LineState[] => new Array<LineState>(count).fill(UNREAD);

/** An edit by a person is spliced in, which costs nothing; what replaces thousands of lines is copied once. */
function replaced(states: LineState[], fromTheEnd: readonly LineEdit[]): LineState[] {
  const added = fromTheEnd.reduce((sum, { count }) => sum + count, 0);
  if (added <= MOST_SPLICED) {
    for (const { first, last, count } of fromTheEnd) {
      states.splice(first, last - first + 1, ...unread(count));
    }
    return states;
  }
  const all: LineState[] = [];
  let next = 0;
  for (const { first, last, count } of [...fromTheEnd].reverse()) {
    while (next < first) all.push(states[next++]);
    for (let line = 0; line < count; line++) all.push(UNREAD);
    next = last + 1;
  }
  while (next < states.length) all.push(states[next++]);
  return all;
}

const isProblem = (state: LineState): state is Problem =>
  typeof state === 'object' && 'message' in state;

const isTask = (state: LineState): state is Task => typeof state === 'object' && 'needs' in state;

/**
 * Edits from the end to the beginning, with those that share a line as one. What one edit leaves of the
 * line at which it ends is the line at which the next one, further up, ends.
 */
function merged(edits: readonly LineEdit[]): LineEdit[] {
  const found: LineEdit[] = [];
  for (const edit of edits) {
    const below = found.at(-1);
    if (below && edit.last > below.first) throw new RangeError('edits must come from the end');
    if (below && edit.last === below.first) {
      found.pop();
      found.push({ first: edit.first, last: below.last, count: edit.count + below.count - 1 });
    } else found.push({ ...edit });
  }
  return found;
}
