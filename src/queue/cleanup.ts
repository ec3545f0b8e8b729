/**
 * What an original left in progress when it died goes back to the queue. Never by itself: one that is
 * starting takes its own tasks back before its first heartbeat, and fails when somebody was faster.
 */
import { chunks } from './chunks';
import { isOriginal, originals } from './originals';
import type { Queue } from './queue';
import { asNumber } from './reply';
import { scanTasks } from './scan';
import { runScript, scripts } from './script';

/** Tasks that stood in progress under an original's name. */
export interface LeftTasks {
  worker: string;
  tasks: number;
}

export interface Cleaned {
  /** Of originals that were dead, with the tasks that went back to todo. */
  dead: LeftTasks[];
  /** Names under which tasks stand though nobody of that name has a heartbeat: it may be starting. */
  unknown: LeftTasks[];
}

/**
 * Forgets the originals that five looks have found dead, and takes back what stands under their names.
 *
 * @param only one of them; all if it is left out
 */
export async function cleanup(queue: Queue, only?: string): Promise<Cleaned> {
  const known = await originals(queue);
  const dead = known.filter(({ worker, alive }) => !alive && (only ?? worker) === worker);
  const moved = new Map(dead.map(({ worker }) => [worker, 0]));
  const names = new Set(known.map(({ worker }) => worker));
  const unknown = new Map<string, number>();
  for await (const [worker, lines] of inProgressByOriginal(queue)) {
    if (!names.has(worker)) unknown.set(worker, (unknown.get(worker) ?? 0) + lines.length);
    const before = moved.get(worker);
    if (before === undefined) continue;
    const more = await takeBack(queue, worker, lines);
    if (more === undefined) moved.delete(worker);
    else moved.set(worker, before + more);
  }
  for (const worker of moved.keys()) await forget(queue, worker);
  return { dead: asList(moved), unknown: asList(unknown) };
}

/**
 * Takes back what stands under one name whatever its heartbeat says: of an original whose heartbeat
 * lives and whose main loop does not, or that never had one.
 *
 * @returns how many tasks went back to todo
 */
export async function cleanupByForce(queue: Queue, worker: string): Promise<number> {
  let moved = 0;
  for await (const [owner, lines] of inProgressByOriginal(queue)) {
    if (owner === worker) moved += (await takeBack(queue, worker, lines, true)) ?? 0;
  }
  await forget(queue, worker);
  return moved;
}

/** What stands under names of originals, in steps: a name comes more than once. */
async function* inProgressByOriginal(queue: Queue): AsyncGenerator<[string, string[]]> {
  for (const hash of [queue.keys.inProgress, queue.keys.ownInProgress]) {
    for await (const tasks of scanTasks(queue, hash)) {
      const byOwner = new Map<string, string[]>();
      for (const { line, value } of tasks) {
        if (isOriginal(value)) byOwner.set(value, [...(byOwner.get(value) ?? []), line]);
      }
      yield* byOwner;
    }
  }
}

/** Undefined if it turned out to be alive. */
async function takeBack(
  queue: Queue,
  worker: string,
  lines: readonly string[],
  forced = false,
): Promise<number | undefined> {
  let moved = 0;
  for (const chunk of chunks(lines)) {
    const how = forced ? 'forced' : 'dead';
    const more = asNumber(await runScript(queue, scripts.cleanup, [worker, how, 0, ...chunk]));
    if (more < 0) return undefined;
    moved += more;
  }
  return moved;
}

async function forget(queue: Queue, worker: string): Promise<void> {
  await runScript(queue, scripts.cleanup, [worker, 'dead', 1]);
}

function asList(tasks: ReadonlyMap<string, number>): LeftTasks[] {
  return [...tasks].map(([worker, count]) => ({ worker, tasks: count }));
}
