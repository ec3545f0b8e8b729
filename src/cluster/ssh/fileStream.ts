/**
 * Files that come one after the other in one stream, each behind a line `<token> content <bytes> <name>`.
 * What a login prints before the first of them is left out.
 */
import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Incoming {
  path: string;
  fd: number;
  bytesLeft: number;
}

const NEWLINE = 10;
/** A longer line than any path makes is no line of ours, but something in the wrong place. */
const LONGEST_LINE = 64 * 1024;

/**
 * Takes chunks and writes files below a folder, each with its own name once it is complete. Names that
 * were not asked for are not written. Writes are synchronous, so that nothing comes faster than the disk
 * takes it.
 */
export class FileStream {
  /** Complete ones. */
  files = 0;
  bytes = 0;
  #line: Buffer = Buffer.alloc(0);
  #incoming: Incoming | undefined;
  readonly #header: RegExp;

  constructor(
    token: string,
    private readonly folder: string,
    private readonly wanted: ReadonlySet<string>,
  ) {
    this.#header = new RegExp(`^${token} content (\\d+) (.+)$`);
  }

  add(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      rest = this.#incoming ? this.#takeContent(this.#incoming, rest) : this.#takeLine(rest);
    }
  }

  /** A file that is not complete keeps its other name, and counts as not there. */
  close(): void {
    if (this.#incoming) closeSync(this.#incoming.fd);
    this.#incoming = undefined;
  }

  #takeLine(chunk: Buffer): Buffer {
    const end = chunk.indexOf(NEWLINE);
    const part = end === -1 ? chunk : chunk.subarray(0, end);
    if (this.#line.length + part.length <= LONGEST_LINE) {
      this.#line = Buffer.concat([this.#line, part]);
    }
    if (end === -1) return chunk.subarray(chunk.length);
    this.#begin(this.#line.toString('utf8'));
    this.#line = Buffer.alloc(0);
    return chunk.subarray(end + 1);
  }

  #begin(line: string): void {
    const [, bytes, name = ''] = this.#header.exec(line) ?? [];
    // What comes then is read as lines, of which none is a header of ours.
    if (bytes === undefined || !this.wanted.has(name)) return;
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    this.#incoming = { path, fd: openSync(`${path}.part`, 'w'), bytesLeft: Number(bytes) };
    this.bytes += Number(bytes);
    if (bytes === '0') this.#complete(this.#incoming);
  }

  #takeContent(incoming: Incoming, chunk: Buffer): Buffer {
    const part = chunk.subarray(0, incoming.bytesLeft);
    writeSync(incoming.fd, part);
    incoming.bytesLeft -= part.length;
    if (incoming.bytesLeft === 0) this.#complete(incoming);
    return chunk.subarray(part.length);
  }

  #complete({ path, fd }: Incoming): void {
    closeSync(fd);
    renameSync(`${path}.part`, path);
    this.#incoming = undefined;
    this.files += 1;
  }
}
