import { isDeepStrictEqual } from 'node:util';

/** What the page has of something, so that it is sent what is new and nothing else. */
export class LastSent<T> {
  #value: T | undefined;

  /** The value if it is new to the page, which has it from now on. */
  ifNew(value: T): T | undefined {
    if (isDeepStrictEqual(value, this.#value)) return undefined;
    this.#value = value;
    return value;
  }

  /** The page has nothing of it. */
  forget(): void {
    this.#value = undefined;
  }

  get isNothing(): boolean {
    return this.#value === undefined;
  }
}
