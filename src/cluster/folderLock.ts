/**
 * A lock in a folder that says who holds it: files `NAME.1.json`, `NAME.2.json`, … of which the one
 * with the highest number counts. A lock is never taken away. Whoever finds its holder gone creates
 * the next number, which the file system grants to exactly one: removing a stale lock instead could
 * remove the one that another process has just made in its place.
 */
import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface LockEntry<T> {
  number: number;
  /** Undefined when the file holds no such thing: the disk was full, or someone edited it. */
  value: T | undefined;
}

export class FolderLock<T> {
  constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {}

  /** Undefined when nobody ever held it, or the folder does not exist. */
  async read(): Promise<LockEntry<T> | undefined> {
    for (;;) {
      const number = Math.max(0, ...(await this.numbers()));
      if (number === 0) return undefined;
      const text = await readFile(this.path(number), 'utf8').catch(absent);
      // Overtaken between the two looks.
      if (text === undefined) continue;
      return { number, value: parsed<T>(text) };
    }
  }

  /** Takes over from `found`: the new number. Undefined when another process was faster: read again. */
  async overtake(found: LockEntry<T> | undefined, value: T): Promise<number | undefined> {
    const number = (found?.number ?? 0) + 1;
    // Linked when it is complete, so that no reader meets half of it.
    const draft = await this.draft(value);
    try {
      await link(draft, this.path(number));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
    // The one before stays: a listing of the folder made meanwhile may lack the newest.
    for (const old of await this.numbers()) {
      if (old < number - 1) await rm(this.path(old), { force: true });
    }
    return number;
  }

  /** For the holder alone: says something new under the same number. */
  async update(number: number, value: T): Promise<void> {
    await rename(await this.draft(value), this.path(number));
  }

  /** Its file with this number; for messages. */
  path(number: number): string {
    return join(this.folder, `${this.name}.${number}.json`);
  }

  private async draft(value: T): Promise<string> {
    const path = join(this.folder, `${this.name}.${randomUUID()}.draft`);
    await writeFile(path, JSON.stringify(value), { mode: 0o600 });
    return path;
  }

  private async numbers(): Promise<number[]> {
    const names = await readdir(this.folder).catch(absent);
    return (names ?? []).flatMap(name => {
      const [own, number, end, ...more] = name.split('.');
      const mine = own === this.name && end === 'json' && more.length === 0;
      return mine && /^[1-9]\d*$/.test(number ?? '') ? [Number(number)] : [];
    });
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
