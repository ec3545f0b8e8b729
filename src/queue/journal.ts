import { randomBytes } from 'node:crypto';
import type { Queue } from './queue';
import { asArray, asNumber, asString, inGroups } from './reply';
import { runScript, scripts } from './script';

/** So long after its last step a bulk action can be undone. `lua/journal.lua` lets it expire. */
export const UNDO_SECONDS = 600;

export type UndoKind = 'retry' | 'cancel' | 'clear' | 'remove_finished';

/** Names a bulk action by which it can be undone. */
export interface UndoOption {
  undoId?: string;
}

/** A bulk action that can be undone. Times are ms, Redis time. */
export interface Undoable {
  id: string;
  kind: UndoKind;
  at: number;
  until: number;
  tasks: number;
}

/** For an action on many tasks, which may be several calls. */
export const newUndoId = (): string => randomBytes(4).toString('hex');

/** What can be undone now, newest first. */
export async function undoable(queue: Queue): Promise<Undoable[]> {
  const answer = asArray(await runScript(queue, scripts.undoable, []));
  const actions = inGroups(answer, 5).map(([id, kind, at, until, tasks]) => ({
    id: asString(id),
    kind: kind as UndoKind,
    at: asNumber(at),
    until: asNumber(until),
    tasks: asNumber(tasks),
  }));
  // The script answers the oldest first: of two in one millisecond the later one is the newer.
  return actions.reverse().sort((a, b) => b.at - a.at);
}

const LINES_A_STEP = 250;

/** The lines that a journal keeps under one name, in steps that never block Redis; some twice, maybe. */
export async function* keptLines(queue: Queue, id: string, name: string): AsyncGenerator<string[]> {
  let cursor = '0';
  do {
    const answer = await runScript(queue, scripts.keptLines, [id, name, cursor, LINES_A_STEP]);
    const [next, ...lines] = asArray(answer).map(asString);
    cursor = next ?? '0';
    if (lines.length > 0) yield lines;
  } while (cursor !== '0');
}
