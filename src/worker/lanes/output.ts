/** Reading what attempts wrote: only the ends of a file that may be huge, and a result that fits. */
import { type FileHandle, open, stat } from 'node:fs/promises';

export interface Ends {
  text: string;
  /** Of the whole file. */
  bytes: number;
  /** Something in the middle was left out, and a line says how much. */
  cut: boolean;
}

const CUT_LINE = /… ([\d,]+) bytes cut …/;

/**
 * Head and tail of a file, together at most `maxBytes` beside the line that says what is missing. Invalid UTF-8
 * is replaced; a character is never split by the cut. Rejects if the file cannot be read.
 */
export async function readEnds(path: string, maxBytes: number): Promise<Ends> {
  // Most commands are silent on one of their streams: a look is a quarter of the work of reading nothing.
  if ((await stat(path)).size === 0) return { text: '', bytes: 0, cut: false };
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size <= maxBytes) {
      const whole = await readAt(file, 0, size);
      return { text: whole.toString('utf8'), bytes: size, cut: false };
    }
    const headBytes = Math.ceil(maxBytes / 2);
    const tailBytes = maxBytes - headBytes;
    const head = withoutBrokenEnd(await readAt(file, 0, headBytes));
    const tail = withoutBrokenStart(await readAt(file, size - tailBytes, tailBytes));
    const missing = size - head.length - tail.length;
    const text = joined(head.toString('utf8'), missing, tail.toString('utf8'));
    return { text, bytes: size, cut: true };
  } finally {
    await file.close();
  }
}

/**
 * `text` stripped as Python's `str.strip` does, as JSON of at most `maxBytes` UTF-8 bytes. What does not fit is
 * cut from the middle and said in a line; a cut that the middle already tells of is counted in.
 */
export function resultJson(text: string, maxBytes: number): string {
  const stripped = strip(text);
  const json = JSON.stringify(stripped);
  if (Buffer.byteLength(json) <= maxBytes) return json;

  const longestLine = jsonCost(`\n${cutLine(Buffer.byteLength(stripped) + knownCut(stripped))}\n`);
  const room = maxBytes - '""'.length - longestLine;
  // Too little for the line: as much of the start as fits.
  if (room < 0)
    return JSON.stringify(stripped.slice(0, headLength(stripped, maxBytes - '""'.length)));
  const headEnd = headLength(stripped, Math.ceil(room / 2));
  const used = jsonCost(stripped.slice(0, headEnd));
  const tailStart = stripped.length - tailLength(stripped.slice(headEnd), room - used);
  const middle = stripped.slice(headEnd, tailStart);
  const missing = Buffer.byteLength(middle) + knownCut(middle);
  return JSON.stringify(joined(stripped.slice(0, headEnd), missing, stripped.slice(tailStart)));
}

function cutLine(bytes: number): string {
  return `… ${bytes.toLocaleString('en-US')} bytes cut …`;
}

function joined(head: string, missing: number, tail: string): string {
  return `${head}${head === '' || head.endsWith('\n') ? '' : '\n'}${cutLine(missing)}\n${tail}`;
}

/** Bytes that a cut line within `text` tells of, less the line itself. */
function knownCut(text: string): number {
  const found = CUT_LINE.exec(text);
  if (found === null) return 0;
  return Number(found[1]?.replaceAll(',', '')) - Buffer.byteLength(found[0]);
}

/** What `str.isspace` holds for; JavaScript's `trim` knows other characters. */
const SPACE =
  '\\t\\n\\v\\f\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const LEADING_SPACE = new RegExp(`^[${SPACE}]+`);
const ONE_SPACE = new RegExp(`[${SPACE}]`);

function strip(text: string): string {
  const start = text.replace(LEADING_SPACE, '');
  let end = start.length;
  // Not `[…]+$`: on a long run of blanks within the text it takes quadratic time.
  while (end > 0 && ONE_SPACE.test(start.charAt(end - 1))) end -= 1;
  return start.slice(0, end);
}

/** Bytes of `text` within JSON quotes. */
function jsonCost(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - '""'.length;
}

/** UTF-16 units from the start whose JSON fits `room` bytes, whole characters only. */
function headLength(text: string, room: number): number {
  let length = 0;
  let left = room;
  for (const character of text) {
    left -= jsonCost(character);
    if (left < 0) break;
    length += character.length;
  }
  return length;
}

function tailLength(text: string, room: number): number {
  let start = text.length;
  let left = room;
  while (start > 0) {
    const isPair = start > 1 && (text.codePointAt(start - 2) ?? 0) > 0xffff;
    const next = start - (isPair ? 2 : 1);
    left -= jsonCost(text.slice(next, start));
    if (left < 0) break;
    start = next;
  }
  return text.length - start;
}

/** Shorter than asked for if the file has shrunk meanwhile. */
async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** In UTF-8 a character's first byte says its length, and the others are 10xxxxxx. */
const LONGEST_CHARACTER = 4;

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function characterLength(first: number): number {
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}

function withoutBrokenEnd(bytes: Buffer): Buffer {
  for (let back = 1; back < LONGEST_CHARACTER && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back];
    if (byte === undefined || isContinuation(byte)) continue;
    return characterLength(byte) > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}

function withoutBrokenStart(bytes: Buffer): Buffer {
  let start = 0;
  while (start < LONGEST_CHARACTER - 1 && isContinuation(bytes[start])) start += 1;
  return bytes.subarray(start);
}
