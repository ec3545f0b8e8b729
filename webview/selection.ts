/** Which rows of a table are selected. Pure. */
import type { Chosen } from '../src/protocol';

export class Selection {
  #ids = new Set<string>();
  /** All that are loaded, whichever they are. */
  #isAll = false;
  /** From where Shift reaches. */
  #anchor = 0;

  /** @param loaded rows: how many "all" are */
  count(loaded: number): number {
    return this.#isAll ? loaded : this.#ids.size;
  }

  /** As many as were counted. */
  chosen(loaded: number): Chosen {
    return this.#isAll ? { all: loaded } : [...this.#ids];
  }

  get isEmpty(): boolean {
    return !this.#isAll && this.#ids.size === 0;
  }

  has(id: string): boolean {
    return this.#isAll || this.#ids.has(id);
  }

  clear(): void {
    this.#ids.clear();
    this.#isAll = false;
  }

  all(): void {
    this.#ids.clear();
    this.#isAll = true;
  }

  /** It is not there any more. */
  drop(id: string): void {
    this.#ids.delete(id);
  }

  /** Turns one on or off. After "all" it is the only one. */
  toggle(id: string, index: number): void {
    this.#anchor = index;
    if (this.#isAll) this.clear();
    if (!this.#ids.delete(id)) this.#ids.add(id);
  }

  /** From where the last one was turned on or off to here; `idAt`: of the rows that the page has. */
  reach(index: number, idAt: (index: number) => string | undefined): void {
    this.clear();
    const [from, to] = index < this.#anchor ? [index, this.#anchor] : [this.#anchor, index];
    for (let i = from; i <= to; i++) {
      const id = idAt(i);
      if (id !== undefined) this.#ids.add(id);
    }
  }
}
