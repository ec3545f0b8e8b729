import { LONGEST_COMMAND_BYTES } from './command';
import { LineSplitter } from './lines';
import { type Parsed, type Problem, parseTask, type Task, tooLong } from './task';

export type TaskFileEntry =
  | { lineNumber: number; task: Task }
  | { lineNumber: number; problem: Problem };

/** No task's line is longer: the fields before the command take less than 128 bytes. */
const LONGEST_LINE_BYTES = LONGEST_COMMAND_BYTES + 128;

const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Reads a task file as a stream, in memory that depends on neither its length nor its longest line.
 * Comments, blank lines and lines of one or two characters are left out; every other line is a task
 * or a problem, in the order of the file. Duplicates are kept: only the queue knows which tasks exist.
 */
export async function* readTaskFile(
  chunks: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<TaskFileEntry> {
  const splitter = new LineSplitter(LONGEST_LINE_BYTES);
  let lineNumber = 0;
  for await (const chunk of chunks) {
    for (const line of splitter.push(chunk)) {
      lineNumber += 1;
      const entry = readLine(line, lineNumber);
      if (entry) yield entry;
    }
  }
  for (const line of splitter.end()) {
    lineNumber += 1;
    const entry = readLine(line, lineNumber);
    if (entry) yield entry;
  }
}

function readLine(
  found: { bytes: Buffer; cut: boolean },
  lineNumber: number,
): TaskFileEntry | undefined {
  const decoded = found.bytes.toString('utf8');
  const marked = lineNumber === 1 && decoded.startsWith(BYTE_ORDER_MARK);
  const line = marked ? decoded.slice(1) : decoded;
  if (isComment(line)) return undefined;
  if (found.cut) return { lineNumber, problem: CUT };
  if (isTooShort(line)) return undefined;
  const invalid = invalidUtf8(found.bytes, decoded);
  if (invalid === undefined) return { lineNumber, ...parseTask(line) };
  const column = invalid + 1 - (marked ? 1 : 0);
  const message = 'a task is text in UTF-8, found a byte that is not. Save the file as UTF-8';
  return { lineNumber, problem: { kind: 'encoding', column, message } };
}

/** A line of a text that is decoded already, as an editor has it. Undefined: it is left out. */
export function readTextLine(line: string): Parsed | undefined {
  if (isComment(line)) return undefined;
  // At most three bytes a unit of UTF-16: short lines need no counting.
  const isLong = 3 * line.length > LONGEST_LINE_BYTES;
  if (isLong && Buffer.byteLength(line, 'utf8') > LONGEST_LINE_BYTES) return { problem: CUT };
  return isTooShort(line) ? undefined : parseTask(line);
}

const CUT: Problem = { kind: 'command', column: 1, message: tooLong('more than that') };

function isComment(line: string): boolean {
  return line.trimStart().startsWith('#');
}

/** The original skips lines of one and two characters without a word; no task is so short. */
function isTooShort(line: string): boolean {
  return line.length <= 2 || line.trim() === '';
}

/**
 * Index in `decoded` of the first character that stands for bytes that are no UTF-8. Decoding puts
 * U+FFFD there, which a file may also hold as itself: then its three bytes stand in `bytes`.
 */
function invalidUtf8(bytes: Buffer, decoded: string): number | undefined {
  let index = 0;
  let offset = 0;
  for (let next = decoded.indexOf('\uFFFD'); next >= 0; next = decoded.indexOf('\uFFFD', index)) {
    offset += Buffer.byteLength(decoded.slice(index, next), 'utf8');
    const itself =
      bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd;
    if (!itself) return next;
    offset += 3;
    index = next + 1;
  }
  return undefined;
}
