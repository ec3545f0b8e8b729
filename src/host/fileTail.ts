/** The end of a file that may be huge, if it can be read on this machine. */
import { open } from 'node:fs/promises';

/** Enough to see how something ended; an editor is sent a document whole at every change. */
export const TAIL_BYTES = 256 * 1024;

export interface Tail {
  text: string;
  /** Of the whole file. */
  bytes: number;
  /** Whether there is more in front of `text`. */
  cut: boolean;
}

/** Undefined when there is no such file here: it is on the worker's host, or its time was up. */
export async function readTail(path: string): Promise<Tail | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return undefined;
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(Math.min(size, TAIL_BYTES)),
      position: start,
    });
    const text = buffer.toString('utf8', 0, bytesRead);
    // From the first whole line on, if there is one.
    const newline = start > 0 ? text.indexOf('\n') : -1;
    return { text: text.slice(newline + 1), bytes: size, cut: start > 0 };
  } finally {
    await file.close();
  }
}
