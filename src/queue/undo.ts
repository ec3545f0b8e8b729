import { keptLines, type UndoKind } from './journal';
import { settle, UNSETTLED } from './looks';
import type { Outcome, Steps } from './outcome';
import type { Queue } from './queue';
import { asArray, asString } from './reply';
import { runScript, scripts } from './script';

export type UndoVerdict =
  /** As it was before the action; what was in progress waits again. */
  | 'undone'
  /** Something else has happened to it since, so it stays as it is now. */
  | 'kept'
  /** An original moved it between all looks: undo again. */
  | 'unsettled';

/** What became of the tasks of an action that was undone. */
export interface Undone extends Record<UndoVerdict, number> {
  kind: UndoKind;
}

/** An action that is being undone. */
interface Begun {
  kind: UndoKind;
  /** Whose order is kept, in the order of service. */
  buckets: string[];
}

/** What clear and removeFinished keep, in the order in which it comes back: the order of service. */
const KEPT_FIRST = ['in_progress', 'own_in_progress'];
const KEPT_LAST = [
  ...['recent_finished', 'recent_failed'],
  ...['todo', 'own_todo', 'finished', 'failed', 'own_failed'],
];

const VERDICTS: Readonly<Record<string, UndoVerdict>> = { r: 'undone', k: 'kept' };

/**
 * Takes back a bulk action: of a retry what has not started, of a cancel what is still cancelled, of
 * clear and removeFinished all lines that are in no state meanwhile. Done in steps; what was interrupted
 * can be repeated.
 *
 * @returns undefined when there is nothing to undo: it expired, or it was undone before
 */
export async function undo(queue: Queue, id: string): Promise<Undone | undefined> {
  const begun = await begin(queue, id);
  if (!begun) return undefined;
  const done: Undone = { kind: begun.kind, undone: 0, kept: 0, unsettled: 0 };
  for await (const step of takeBack(queue, id, begun)) {
    for (const { verdict } of step) done[verdict] += 1;
  }
  return done;
}

/**
 * The same, a chunk at each step: nothing when there is nothing to undo. Once `isCancelled` says so the rest is
 * left, to be undone later.
 */
export async function* undoEach(
  queue: Queue,
  id: string,
  isCancelled?: () => boolean,
): Steps<UndoVerdict> {
  const begun = await begin(queue, id);
  if (begun) yield* takeBack(queue, id, begun, isCancelled);
}

async function begin(queue: Queue, id: string): Promise<Begun | undefined> {
  const begun = asArray(await runScript(queue, scripts.undoBegin, [id])).map(asString);
  const [kind, ...buckets] = begun as [UndoKind | undefined, ...string[]];
  return kind && { kind, buckets };
}

async function* takeBack(
  queue: Queue,
  id: string,
  { kind, buckets }: Begun,
  isCancelled?: () => boolean,
): Steps<UndoVerdict> {
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
  const unsettled = new Set<string>();
  const kept = allKept(queue, id, names);
  for await (const { settled } of settle(queue, kept, line => line, act, isCancelled)) {
    const step: Outcome<UndoVerdict>[] = [];
    for (const { item: line, letter } of settled) {
      // It may come once more by another name, and be settled by then.
      if (letter === UNSETTLED) unsettled.add(line);
      else unsettled.delete(line);
      const verdict = VERDICTS[letter];
      if (verdict) step.push({ line, verdict });
    }
    if (step.length > 0) yield step;
  }
  if (unsettled.size > 0) yield Array.from(unsettled, line => ({ line, verdict: 'unsettled' }));
}

async function* allKept(
  queue: Queue,
  id: string,
  names: readonly string[],
): AsyncGenerator<string[]> {
  for (const name of names) yield* keptLines(queue, id, name);
}
