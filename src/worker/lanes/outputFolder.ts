/** Whether output can be written where attempts write it. */
import { promises as fs } from 'node:fs';
import { dirname } from 'node:path';

/** With less than this free, a task's output cannot be trusted to have arrived. */
const LEAST_FREE_BYTES = 64 * 1024;

/** Why an attempt's output files could not be created; for people. */
export async function whyNotWritable(outputBase: string): Promise<string> {
  const folder = dirname(outputBase);
  const probe = `${outputBase}.probe`;
  try {
    await (await fs.open(probe, 'wx')).close();
    await fs.rm(probe, { force: true });
    return `The output files in ${folder} could not be created. Check that folder.`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      return `The disk under ${folder} is full. Free some space there or set result_dir to another folder.`;
    }
    const reason = REASONS[code ?? ''] ?? message;
    return `Cannot write in ${folder}: ${reason}. Make it writable or set result_dir to another folder.`;
  }
}

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'no such folder',
  ENOTDIR: 'it is not a folder',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
};

/** Whether the disk under an attempt's output is full now. */
export async function diskIsFull(outputBase: string): Promise<boolean> {
  try {
    const { blocks, bfree, bavail, bsize } = await fs.statfs(dirname(outputBase));
    // Some network file systems do not know their size.
    if (blocks === 0) return false;
    const free = process.getuid?.() === 0 ? bfree : bavail;
    return free * bsize < LEAST_FREE_BYTES;
  } catch {
    // The folder went away, or a Node before 18.15: nobody can tell.
    return false;
  }
}
