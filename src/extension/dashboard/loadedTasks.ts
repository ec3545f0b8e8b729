/**
 * The tasks of one state, or those of them in which a text stands, as far as they are loaded: page after
 * page, never all of a big queue. Nothing here imports `vscode`.
 */
import type { PageRow } from '../../queue/pages';
import type { Queue } from '../../queue/queue';
import type { SearchStep } from '../../queue/search';
import type { TaskState } from '../../queue/states';

/** Nobody reads more, and they are held in memory. */
export const MOST_LOADED = 10_000;
const PAGE_SIZE = 200;
/** A search goes on for so long at a time. */
const SEARCH_MS = 100;

export class LoadedTasks {
  /** In the order in which they came. */
  readonly #lines: string[] = [];
  readonly #known = new Set<string>();
  readonly #rows = new Map<string, PageRow>();
  readonly #gone = new Set<string>();
  #next: string | undefined;
  #search: AsyncGenerator<SearchStep> | undefined;
  #isComplete = false;
  /** Where order ends: the first of those that come in no order. */
  orderEnds: number | undefined;
  /** How far a search is. */
  searched: { tasks: number; of: number } | undefined;
  /** Why a search did not go on to its end. */
  refusal: string | undefined;

  constructor(
    readonly queue: Queue,
    readonly state: TaskState,
    /** Empty: all tasks of the state. */
    readonly text: string,
  ) {}

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Whether there is none behind the last one. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  get isSearching(): boolean {
    return this.text !== '' && !this.#isComplete;
  }

  /** As last read. Of what a search found, no more than its line may be known. */
  row(line: string): PageRow {
    return this.#rows.get(line) ?? { line };
  }

  /** Whether it was not in this state any more when it was read last. */
  isGone(line: string): boolean {
    return this.#gone.has(line);
  }

  /** At least so many, if there are. A search finds what it finds in a moment, and goes on when asked again. */
  async load(count: number): Promise<void> {
    if (this.text !== '') return this.#searchOn();
    const { page } = await import('../../queue/pages');
    const wanted = Math.min(count, MOST_LOADED);
    while (!this.#isComplete && this.#lines.length < wanted) {
      const found = await page(this.queue, this.state, this.#next, PAGE_SIZE);
      // It may have ended, and failed again, since an earlier page named it.
      const fresh = found.rows.filter(({ line }) => !this.#known.has(line));
      if (!found.ordered && fresh.length > 0) this.orderEnds ??= this.#lines.length;
      this.#add(fresh);
      this.#next = found.next;
      this.#isComplete = found.next === undefined || this.#lines.length >= MOST_LOADED;
    }
  }

  /** How these stand now. */
  async readAgain(lines: readonly string[]): Promise<void> {
    const { rowsOfLines } = await import('../../queue/pages');
    const found = await rowsOfLines(this.queue, this.state, lines);
    for (const line of lines) this.#gone.add(line);
    for (const row of found) {
      this.#gone.delete(row.line);
      this.#rows.set(row.line, row);
    }
  }

  async #searchOn(): Promise<void> {
    const { search } = await import('../../queue/search');
    this.#search ??= search(this.queue, this.state, this.text, MOST_LOADED);
    try {
      await this.#step(this.#search);
    } catch (error) {
      // When Redis is away another list begins as soon as it is back.
      if (!(error instanceof Error) || error.name === 'ConnectionLost') throw error;
      this.refusal = error.message;
      this.#isComplete = true;
    }
  }

  async #step(search: AsyncGenerator<SearchStep>): Promise<void> {
    const until = performance.now() + SEARCH_MS;
    while (!this.#isComplete && performance.now() < until) {
      const { value, done } = await search.next();
      if (value) {
        this.#lines.push(...value.lines);
        this.searched = { tasks: value.searched, of: value.total };
      }
      this.#isComplete = done === true;
    }
  }

  #add(rows: readonly PageRow[]): void {
    for (const row of rows) {
      this.#lines.push(row.line);
      this.#known.add(row.line);
      this.#rows.set(row.line, row);
    }
  }
}
