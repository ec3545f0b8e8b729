/**
 * Bulk work goes to Redis in chunks, so that no call blocks it for long and no message grows without
 * bound.
 */
const CHUNK_LINES = 1000;
const CHUNK_CHARACTERS = 1 << 20;

export const chunks = (lines: readonly string[]): Generator<string[]> =>
  chunksOf(lines, line => line);

/** Chunks of things that carry a line each. */
export function* chunksOf<T>(items: Iterable<T>, lineOf: (item: T) => string): Generator<T[]> {
  let chunk: T[] = [];
  let characters = 0;
  for (const item of items) {
    chunk.push(item);
    characters += lineOf(item).length;
    if (chunk.length >= CHUNK_LINES || characters >= CHUNK_CHARACTERS) {
      yield chunk;
      chunk = [];
      characters = 0;
    }
  }
  if (chunk.length > 0) yield chunk;
}
