import { keptLines, type UndoKind } from './journal';
import { settle } from './looks';
import type { Queue } from './queue';
import { asArray, asString } from './reply';
import { runScript, scripts } from './script';

/** What became of the tasks of an action that was undone. */
export interface Undone {
  kind: UndoKind;
  /** As they were before it; what was in progress waits again. */
  undone: number;
  /** Something else has happened to them since, so they stay as they are now. */
  kept: number;
  /** An original moved them between all looks: undo again. */
  unsettled: number;
}

/** What clear and removeFinished keep, in the order in which it comes back: the order of service. */
const KEPT_FIRST = ['in_progress', 'own_in_progress'];
const KEPT_LAST = [
  ...['recent_finished', 'recent_failed'],
  ...['todo', 'own_todo', 'finished', 'failed', 'own_failed'],
];

/**
 * Takes back a bulk action: of a retry what has not started, of a cancel what is still cancelled, of
 * clear and removeFinished all lines that are in no state meanwhile. Done in steps; what was interrupted
 * can be repeated.
 *
 * @param onTasks called after each step with the number of tasks in it
 * @returns undefined when there is nothing to undo: it expired, or it was undone before
 */
export async function undo(
  queue: Queue,
  id: string,
  onTasks: (count: number) => void = () => undefined,
): Promise<Undone | undefined> {
  const begun = asArray(await runScript(queue, scripts.undoBegin, [id])).map(asString);
  const [kind, ...buckets] = begun as [UndoKind | undefined, ...string[]];
  if (kind === undefined) return undefined;

  const isOfTasks = kind === 'retry' || kind === 'cancel';
  const names = isOfTasks
    ? ['tasks']
    : [...KEPT_FIRST, ...buckets.map(bucket => `ready:${bucket}`), ...KEPT_LAST];
  const act = async (lines: string[], seen: string) =>
    asString(
      isOfTasks
        ? await runScript(queue, scripts.undoTasks, [seen, id, kind, ...lines])
        : await runScript(queue, scripts.restore, [seen, id, ...lines]),
    );

  const done: Undone = { kind, undone: 0, kept: 0, unsettled: 0 };
  const unsettled = new Set<string>();
  for await (const { settled } of settle(queue, allKept(queue, id, names), line => line, act)) {
    for (const { item: line, letter } of settled) {
      if (letter === 'r') done.undone += 1;
      if (letter === 'k') done.kept += 1;
      if (letter === 'u') unsettled.add(line);
      else unsettled.delete(line);
    }
    onTasks(settled.length);
  }
  done.unsettled = unsettled.size;
  if (done.unsettled === 0) await runScript(queue, scripts.undoEnd, [id, done.undone]);
  return done;
}

async function* allKept(
  queue: Queue,
  id: string,
  names: readonly string[],
): AsyncGenerator<string[]> {
  for (const name of names) yield* keptLines(queue, id, name);
}
