/** One line without its line break. */
export interface FoundLine {
  /** Valid until the next line is asked for: the buffer is used again. */
  bytes: Buffer;
  /** The line is longer than `longest`; `bytes` is its beginning. */
  cut: boolean;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** No UTF-8 contains this byte: it stands for half of a surrogate pair, which is no text either. */
const NOT_UTF8 = Buffer.from([0xff]);

/**
 * Splits a stream into lines that end with LF or CRLF. Holds at most one line, and of a line longer
 * than `longest` bytes only the beginning.
 */
export class LineSplitter {
  /** The beginning of a line whose end has not come yet; one more byte than `longest`, for a CR. */
  private readonly held: Buffer;
  private heldLength = 0;
  private heldIsCut = false;
  /** A string chunk may end between the halves of a surrogate pair. */
  private highSurrogate = '';

  constructor(private readonly longest: number) {
    this.held = Buffer.allocUnsafe(longest + 1);
  }

  *push(chunk: Uint8Array | string): Generator<FoundLine> {
    const bytes = typeof chunk === 'string' ? this.encode(chunk) : this.encoded(chunk);
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      yield this.take(bytes.subarray(start, end));
      start = end + 1;
    }
    this.hold(bytes.subarray(start));
  }

  /** The last line, if the stream did not end with a line break. */
  *end(): Generator<FoundLine> {
    this.hold(this.encoded(Buffer.alloc(0)));
    if (this.heldLength > 0) yield this.take(Buffer.alloc(0));
  }

  private take(rest: Buffer): FoundLine {
    if (this.heldLength === 0) return this.found(rest, false);
    this.hold(rest);
    const line = this.found(this.held.subarray(0, this.heldLength), this.heldIsCut);
    this.heldLength = 0;
    this.heldIsCut = false;
    return line;
  }

  private found(line: Buffer, cut: boolean): FoundLine {
    const whole = line.at(-1) === CARRIAGE_RETURN && !cut ? line.subarray(0, -1) : line;
    if (whole.length <= this.longest) return { bytes: whole, cut };
    return { bytes: whole.subarray(0, this.longest), cut: true };
  }

  private hold(part: Buffer): void {
    const room = this.held.length - this.heldLength;
    part.copy(this.held, this.heldLength, 0, room);
    this.heldLength += Math.min(part.length, room);
    if (part.length > room) this.heldIsCut = true;
  }

  private encode(chunk: string): Buffer {
    const text = this.highSurrogate + chunk;
    this.highSurrogate = /[\uD800-\uDBFF]$/.exec(text)?.[0] ?? '';
    return encodeText(this.highSurrogate ? text.slice(0, -1) : text);
  }

  /** Bytes as they are, after the half of a pair that nothing can complete any more. */
  private encoded(chunk: Uint8Array): Buffer {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (!this.highSurrogate) return bytes;
    this.highSurrogate = '';
    return Buffer.concat([NOT_UTF8, bytes]);
  }
}

function encodeText(text: string): Buffer {
  const parts = text.split(/\p{Cs}/u);
  if (parts.length === 1) return Buffer.from(text, 'utf8');
  return Buffer.concat(
    parts.flatMap((part, index) => {
      const bytes = Buffer.from(part, 'utf8');
      return index === 0 ? [bytes] : [NOT_UTF8, bytes];
    }),
  );
}
