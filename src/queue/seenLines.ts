import { createHash } from 'node:crypto';

/** 96 bits of a hash: among a billion lines two alike are as good as impossible. */
const CHARACTERS_KEPT = 16;

/**
 * Which lines came before, for what must be told once though a file or a scan may come to it twice. It
 * keeps a mark of each line, which is as short however long the line is.
 */
export class SeenLines {
  readonly #seen = new Set<string>();

  /** Whether this line did not come before. */
  isFirst(line: string): boolean {
    const mark = createHash('sha1').update(line).digest('base64').slice(0, CHARACTERS_KEPT);
    if (this.#seen.has(mark)) return false;
    this.#seen.add(mark);
    return true;
  }
}
