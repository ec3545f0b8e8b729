/** Where the output of attempts goes, and for how long it stays. */
import { mkdir, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Our own folder in `result_dir`: nothing else there is ever removed. */
const FOLDER = 'distcomp-output';

/** A disk this full takes no new task: output could not be written. */
const LEAST_FREE_BYTES = 64 * 1024 * 1024;

export function outputFolder(resultDir: string): string {
  return join(resolve(resultDir), FOLDER);
}

/** Makes the 256 folders once, so that starting a task makes none. */
export async function makeOutputFolders(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));
  await Promise.all(names.map(name => mkdir(join(folder, name), { recursive: true })));
}

/** Why no output could be written here now; undefined when it could. */
export async function diskProblem(folder: string): Promise<string | undefined> {
  try {
    const disk = await statfs(folder);
    const free = disk.bavail * disk.bsize;
    if (free >= LEAST_FREE_BYTES) return undefined;
    return diskFullMessage(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Node before 18.15 cannot ask; starting a task will tell.
    if (code === undefined) return undefined;
    return `Cannot write to ${folder} (${code}). Make it writable, or set result_dir to another folder.`;
  }
}

export function diskFullMessage(folder: string): string {
  return `The disk under ${folder} is full. Make room; waiting tasks start then.`;
}

export interface OutputFile {
  path: string;
  bytes: number;
  /** When it was last written. */
  ageDays: number;
}

/** Which files go: those too old, then the oldest until the rest is small enough. 0: no limit. */
export function expired(
  files: readonly OutputFile[],
  limits: { days: number; bytes: number },
): string[] {
  const young = files.filter(file => limits.days === 0 || file.ageDays <= limits.days);
  const kept = new Set(young);
  if (limits.bytes > 0) {
    let total = young.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of [...young].sort((a, b) => b.ageDays - a.ageDays)) {
      if (total <= limits.bytes) break;
      kept.delete(file);
      total -= file.bytes;
    }
  }
  return files.filter(file => !kept.has(file)).map(file => file.path);
}

/** Removes what is expired. @returns how many files went */
export async function removeExpired(
  folder: string,
  limits: { days: number; bytes: number },
): Promise<number> {
  if (limits.days === 0 && limits.bytes === 0) return 0;
  const gone = expired(await listFiles(folder), limits);
  await Promise.all(gone.map(path => rm(path, { force: true })));
  return gone.length;
}

async function listFiles(folder: string): Promise<OutputFile[]> {
  const files: OutputFile[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    for (const file of await readdir(join(folder, name)).catch(() => [])) {
      const path = join(folder, name, file);
      const found = await stat(path).catch(() => undefined);
      if (!found) continue;
      const ageDays = (Date.now() - found.mtimeMs) / 86_400_000;
      files.push({ path, bytes: found.size, ageDays });
    }
  }
  return files;
}
