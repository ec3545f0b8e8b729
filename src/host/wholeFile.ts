import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/**
 * Writes a file as its parts come, which are asked for no faster than the disk takes them. It is there as
 * a whole or not at all: until the last part it has another name beside it, and what was there before stays.
 *
 * @throws what the parts throw, the file system, or an `AbortError` when `signal` fires
 */
export async function writeWhole(
  path: string,
  parts: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<void> {
  const part = `${path}.${randomBytes(4).toString('hex')}.part`;
  try {
    await pipeline(parts, createWriteStream(part, { flags: 'wx' }), { signal });
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
