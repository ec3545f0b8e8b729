/** What became of one task of a bulk action. */
export interface Outcome<V extends string> {
  line: string;
  verdict: V;
}

/**
 * The steps of a bulk action: each acts on a chunk of tasks and tells what became of them. Who takes no
 * further step leaves the other tasks as they are.
 */
export type Steps<V extends string> = AsyncGenerator<Outcome<V>[]>;

/** The tasks that a bulk action is about, in chunks. */
export type Source = Iterable<string[]> | AsyncIterable<string[]>;
