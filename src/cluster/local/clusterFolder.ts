/**
 * What stands in the folder of one local cluster, besides the files of its Redis and workers. Windows
 * write what they want, the keeper (`keeper.ts`) reads it and says what it does.
 *
 *   order.json        which workers are to run, or that all is to end
 *   window-PID.json   one window that uses the cluster, and what it wants when it is gone
 *   keeper.N.json     who keeps the cluster, and in which phase
 *   events.jsonl      what became of workers, one event a line
 *   left.json         since when the cluster goes on without a window
 */
import { randomUUID } from 'node:crypto';
import { appendFile, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { liveness, type ProcessIdentity } from '../../host/process';
import { FolderLock } from '../folderLock';
import type { LocalWorkerEvent } from '../localWorkers';
import type { WorkerCommand } from '../workerProgram';

/** Holds a password: readable by its owner alone. */
export interface Order extends Omit<WorkerCommand, 'folder'> {
  count: number;
  /** `drain`: what runs may end first. */
  wanted: 'run' | 'drain' | 'stop';
  /** Another one whenever a person asks for a start: workers that have ended for good begin again. */
  call: string;
}

export type AtQuit = 'stop' | 'keep';

interface Window {
  process: ProcessIdentity;
  atQuit: AtQuit;
}

/**
 *   watching ⇄ ending ──▶ ended
 *
 * Back to watching when a window came just as the cluster was about to end for want of one.
 */
export interface KeeperLock {
  process: ProcessIdentity;
  phase: 'watching' | 'ending' | 'ended';
  /** Why it could not end everything. */
  fault?: string;
}

export type ClusterEvent = LocalWorkerEvent | { type: 'clusterEnded' };

export const keeperLock = (folder: string) => new FolderLock<KeeperLock>(folder, 'keeper');

export const eventsPath = (folder: string) => join(folder, 'events.jsonl');
const orderPath = (folder: string) => join(folder, 'order.json');
const leftPath = (folder: string) => join(folder, 'left.json');

export const readOrder = (folder: string) => readJson<Order>(orderPath(folder));
export const writeOrder = (folder: string, order: Order) => writeJson(orderPath(folder), order);

/** Says that this process uses the cluster, and what is to become of it afterwards. */
export async function enter(folder: string, window: Window): Promise<void> {
  await writeJson(join(folder, `window-${window.process.pid}.json`), window);
}

/** The windows that are there, and the wishes of those that are gone. */
export async function windowsOf(folder: string): Promise<{ here: number; gone: AtQuit[] }> {
  const found: { here: number; gone: AtQuit[] } = { here: 0, gone: [] };
  const names = (await readdir(folder).catch(() => [])).filter(name => WINDOW.test(name));
  const windows = await Promise.all(names.map(name => readJson<Window>(join(folder, name))));
  for (const window of windows) {
    if (!window) continue;
    const is = await liveness(window.process);
    if (is === 'running') found.here++;
    if (is === 'gone') found.gone.push(window.atQuit);
  }
  return found;
}

const WINDOW = /^window-\d+\.json$/;

/** Forgets the windows that are gone. */
export async function forgetGone(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const window = WINDOW.test(name) ? await readJson<Window>(path) : undefined;
    if (window && (await liveness(window.process)) === 'gone') await rm(path, { force: true });
  }
}

export async function noteLeft(folder: string): Promise<void> {
  await writeJson(leftPath(folder), { since: Date.now() });
}

/** Since when (Date.now) the cluster went on without a window; told once. */
export async function takeLeft(folder: string): Promise<number | undefined> {
  const left = await readJson<{ since: number }>(leftPath(folder));
  await rm(leftPath(folder), { force: true });
  return left?.since;
}

export async function clearEvents(folder: string): Promise<void> {
  await writeFile(eventsPath(folder), '', { mode: 0o600 });
}

export async function addEvent(folder: string, event: ClusterEvent): Promise<void> {
  await appendFile(eventsPath(folder), `${JSON.stringify(event)}\n`);
}

/** Under another name first: whoever reads it reads all of it. */
async function writeJson(path: string, value: unknown): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`;
  await writeFile(draft, JSON.stringify(value), { mode: 0o600 });
  await rename(draft, path);
}

async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
