/**
 * What a run leaves on this machine: a folder for each file and working directory, with the embedded
 * Redis, the workers' configuration and logs, and a note of whose it is.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { FolderLock } from '../../cluster/folderLock';
import { identify, liveness, type ProcessIdentity } from '../../host/process';
import { UsageError } from '../exit';

export interface RunFolder {
  path: string;
  /** Of the embedded Redis. */
  redis: string;
  /** Configuration and logs of the workers. */
  workers: string;
}

/** What a run is about: the same again is the same run, going on. */
export interface RunIdentity {
  /** Absolute. */
  cwd: string;
  /** Absolute. */
  file: string;
  /** Where its Redis is, for one that is configured; undefined: embedded. */
  redis: string | undefined;
}

interface Note extends RunIdentity {
  host: string;
}

const NOTE = 'run.json';
const PREFIX = 'run-';

export async function runIdentity(file: string, redis: string | undefined): Promise<RunIdentity> {
  return { cwd: process.cwd(), file: await realpath(file).catch(() => resolve(file)), redis };
}

/** The folder of a run, whether it exists or not. */
export function runFolder(identity: RunIdentity): RunFolder {
  // A home folder may be shared by machines, of which each can only look after its own processes.
  const text = JSON.stringify([hostname(), identity.cwd, identity.file, identity.redis ?? null]);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return partsOf(join(stateFolder(), PREFIX + hash));
}

function partsOf(path: string): RunFolder {
  return { path, redis: join(path, 'redis'), workers: join(path, 'workers') };
}

function stateFolder(): string {
  const state = process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
  return join(state, 'distcomp');
}

/**
 * Makes the folder and takes it for this process until it ends. Throws UsageError when another
 * process has it: two that run the same file would end each other's workers.
 */
export async function takeRunFolder(folder: RunFolder, identity: RunIdentity): Promise<void> {
  await mkdir(folder.workers, { recursive: true, mode: 0o700 });
  await chmod(folder.path, 0o700);
  const lock = new FolderLock<ProcessIdentity>(folder.path, 'lock');
  for (;;) {
    const found = await lock.read();
    if (found?.value && (await liveness(found.value)) !== 'gone') {
      const { pid, host } = found.value;
      throw new UsageError(
        `${identity.file} is already running (process ${pid} on ${host}). See how far it is: distcomp status`,
      );
    }
    if (await lock.overtake(found, await identify(process.pid))) break;
  }
  const note: Note = { ...identity, host: hostname() };
  await writeFile(join(folder.path, NOTE), JSON.stringify(note, null, 2));
}

/** Whether it has an embedded Redis; the tasks of other runs are where they were configured to be. */
export function holdsTasks(folder: RunFolder): boolean {
  return existsSync(folder.redis);
}

export async function removeRunFolder(folder: RunFolder): Promise<void> {
  await rm(folder.path, { recursive: true, force: true, maxRetries: 3 });
}

/** Runs of this working directory and machine whose embedded Redis is kept or runs now. */
export async function keptRuns(): Promise<{ file: string; folder: RunFolder }[]> {
  const runs: { file: string; folder: RunFolder }[] = [];
  const names = await readdir(stateFolder()).catch(() => []);
  for (const name of names.filter(each => each.startsWith(PREFIX)).sort()) {
    const folder = partsOf(join(stateFolder(), name));
    const note = await readNote(folder);
    const isHere = note?.cwd === process.cwd() && note.host === hostname();
    if (!isHere || !holdsTasks(folder)) continue;
    runs.push({ file: note.file, folder });
  }
  return runs;
}

async function readNote(folder: RunFolder): Promise<Note | undefined> {
  try {
    return JSON.parse(await readFile(join(folder.path, NOTE), 'utf8')) as Note;
  } catch {
    return undefined;
  }
}
