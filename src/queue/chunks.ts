/**
 * Bulk work goes to Redis in chunks, so that no call blocks it for long and no message grows without
 * bound.
 */
const CHUNK_LINES = 1000;
const CHUNK_CHARACTERS = 1 << 20;

export function* chunks(lines: readonly string[]): Generator<string[]> {
  let chunk: string[] = [];
  let characters = 0;
  for (const line of lines) {
    chunk.push(line);
    characters += line.length;
    if (chunk.length >= CHUNK_LINES || characters >= CHUNK_CHARACTERS) {
      yield chunk;
      chunk = [];
      characters = 0;
    }
  }
  if (chunk.length > 0) yield chunk;
}
