import {
  type AttemptRecord,
  CANCELLED,
  lastErrorLine,
  outcome,
  parseAttempt,
  wasCancelled,
} from './attempt';
import { chunks } from './chunks';
import { parseResult, parseStarted, parseText } from './details';
import type { Queue } from './queue';
import { asArray, asString } from './reply';
import { tasksFrom } from './scan';
import { runScript, scripts } from './script';
import { hashesOf, type TaskState } from './states';

export type { TaskState } from './states';

/** What a list shows of one task. Texts are cut and on one line. */
export interface PageRow {
  line: string;
  /** Who has it in progress, who finished it, or on whom it failed last. */
  worker?: string;
  /** ms, Redis time; undefined while buffered. */
  startedAt?: number;
  /** Attempts made so far. */
  attempts?: number;
  /** How long the last attempt took. */
  milliseconds?: number;
  /** Of a failed task: what happened and the last line it printed. */
  reason?: string;
  /** It failed before and has attempts left. */
  waitingForRetry?: boolean;
  /** Of a finished task. */
  result?: string;
}

export interface Page {
  rows: PageRow[];
  /** Hand it back for the next page; undefined at the end. */
  next: string | undefined;
  /** False: in no order, since these are older than what is kept in order. */
  ordered: boolean;
}

const TEXT_BYTES = 256;
/** A page made of stale hints may be empty; so many are looked at before it is shown all the same. */
const LOOKS = 8;

/** Where a list goes on: in the index, then through the hashes for what the index does not name. */
type Place =
  | { in: 'ready'; rank: number; offset: number }
  | { in: 'recent'; offset: number }
  | { in: 'hash'; own: boolean; cursor: string };

interface Named {
  line: string;
  /** Number of its last attempt when it came into the list: a hint with another one is out of date. */
  attempt?: number;
  /** Of a line found in a hash: the number with which the list showed it, if it did. */
  shownWith?: number | undefined;
}

interface Lines {
  named: Named[];
  next: Place | undefined;
}

/**
 * One page of the tasks in a state: todo in order of service, finished and failed newest first, then
 * what the index does not name. About `size` rows; the hashes are read in steps and never whole.
 */
export async function page(
  queue: Queue,
  state: TaskState,
  cursor: string | undefined,
  size: number,
): Promise<Page> {
  let place: Place | undefined = cursor ? JSON.parse(cursor) : firstPlace(state);
  let ordered = true;
  const rows: PageRow[] = [];
  for (let look = 0; look < LOOKS && place && rows.length < size; look++) {
    // The index may have named none at all.
    if (place.in === 'hash') ordered = false;
    const { named, next } = await linesAt(queue, state, place, size - rows.length);
    rows.push(...(await rowsOf(queue, state, named)));
    const turns = place.in !== 'hash' && next?.in === 'hash';
    place = next;
    // Ordered and unordered rows do not share a page, so that a view can say where order ends.
    if (turns && rows.length > 0) break;
  }
  return { rows, next: place && JSON.stringify(place), ordered };
}

function firstPlace(state: TaskState): Place {
  if (state === 'todo') return { in: 'ready', rank: 0, offset: 0 };
  if (state === 'in_progress') return { in: 'hash', own: false, cursor: '0' };
  return { in: 'recent', offset: 0 };
}

const FIRST_IN_HASH: Place = { in: 'hash', own: false, cursor: '0' };

function linesAt(queue: Queue, state: TaskState, place: Place, size: number): Promise<Lines> {
  switch (place.in) {
    case 'ready':
      return readyLines(queue, place, size);
    case 'recent':
      return recentLines(queue, state, place.offset, size);
    case 'hash':
      return hashLines(queue, state, place, size);
  }
}

async function readyLines(
  queue: Queue,
  place: { rank: number; offset: number },
  size: number,
): Promise<Lines> {
  const answer = asArray(
    await runScript(queue, scripts.todoPage, [place.rank, place.offset, size]),
  );
  const [rank, offset, ...lines] = answer;
  const next: Place =
    Number(rank) < 0 ? FIRST_IN_HASH : { in: 'ready', rank: Number(rank), offset: Number(offset) };
  return { named: lines.map(line => ({ line: asString(line) })), next };
}

async function recentLines(
  queue: Queue,
  state: TaskState,
  offset: number,
  size: number,
): Promise<Lines> {
  const list = state === 'finished' ? queue.keys.recentFinished : queue.keys.recentFailed;
  const entries = await queue.redis.lrange(list, offset, offset + size - 1);
  const next: Place =
    entries.length < size ? FIRST_IN_HASH : { in: 'recent', offset: offset + entries.length };
  return { named: entries.map(parseRecent), next };
}

/** An entry is `attempt line`; the attempt is 0 where there was none. */
function parseRecent(entry: string): { line: string; attempt: number } {
  const space = entry.indexOf(' ');
  return { attempt: Number(entry.slice(0, space)), line: entry.slice(space + 1) };
}

/** What the index names was shown before: here comes the rest, in Redis' own order. */
async function hashLines(
  queue: Queue,
  state: TaskState,
  place: { own: boolean; cursor: string },
  size: number,
): Promise<Lines> {
  const [shared, own = shared] = hashesOf(queue, state);
  const hash = place.own ? own : shared;
  const { next: cursor, tasks } = await tasksFrom(queue, hash, place.cursor, size);
  const next = nextInHash(state, place.own, cursor);
  return { named: await unnamed(queue, state, tasks), next };
}

function nextInHash(state: TaskState, own: boolean, cursor: string): Place | undefined {
  if (cursor !== '0') return { in: 'hash', own, cursor };
  const hasOwn = state !== 'finished' && !own;
  return hasOwn ? { in: 'hash', own: true, cursor: '0' } : undefined;
}

async function unnamed(
  queue: Queue,
  state: TaskState,
  entries: readonly { line: string; value: string }[],
): Promise<Named[]> {
  if (state === 'in_progress' || entries.length === 0) return entries.map(({ line }) => ({ line }));
  if (state === 'todo') {
    const generation = await queue.redis.get(queue.keys.generation);
    return entries.filter(({ value }) => value !== generation).map(({ line }) => ({ line }));
  }
  const list = state === 'finished' ? queue.keys.recentFinished : queue.keys.recentFailed;
  const oldestFirst = (await queue.redis.lrange(list, 0, -1)).map(parseRecent).reverse();
  const shown = new Map(oldestFirst.map(({ line, attempt }) => [line, attempt]));
  return entries.map(({ line }) => ({ line, shownWith: shown.get(line) }));
}

/** Rows of tasks that were found otherwise; those that are in this state no more are left out. */
export async function rowsOfLines(
  queue: Queue,
  state: TaskState,
  lines: readonly string[],
): Promise<PageRow[]> {
  const rows: PageRow[] = [];
  for (const chunk of chunks(lines)) {
    const named = chunk.map(line => ({ line }));
    rows.push(...(await rowsOf(queue, state, named)));
  }
  return rows;
}

async function rowsOf(queue: Queue, state: TaskState, named: readonly Named[]): Promise<PageRow[]> {
  if (named.length === 0) return [];
  const lines = named.map(({ line }) => line);
  const answer = asArray(await runScript(queue, scripts.rows, [TEXT_BYTES, ...lines]));
  return answer.flatMap((value, i) => {
    const { line, attempt, shownWith } = named[i] ?? { line: '' };
    const [found, text = '', record = '', , entry = '', failedBefore] = asArray(value).map(String);
    const last = parseAttempt(record);
    const number = last?.number ?? 0;
    if (found !== state || shownWith === number) return [];
    if (attempt !== undefined && attempt !== number) return [];
    return [row(state, line, text, last, entry, failedBefore === '1')];
  });
}

function row(
  state: TaskState,
  line: string,
  text: string,
  last: AttemptRecord | undefined,
  entry: string,
  failedBefore: boolean,
): PageRow {
  const base: PageRow = {
    line,
    ...(last ? { attempts: last.number, worker: last.worker } : {}),
  };
  const startedAt = parseStarted(entry);
  switch (state) {
    case 'todo':
      return { ...base, waitingForRetry: failedBefore };
    case 'in_progress':
      return {
        ...base,
        worker: text,
        waitingForRetry: failedBefore,
        ...(startedAt === undefined ? {} : { startedAt }),
      };
    case 'finished': {
      const result = parseResult(text);
      return {
        ...base,
        worker: result.worker,
        result: oneLine(result.text),
        ...(last ? { milliseconds: last.end - last.start } : {}),
      };
    }
    case 'failed':
      return { ...base, reason: failure(last, text) };
  }
}

function failure(last: AttemptRecord | undefined, reason: string): string {
  if (wasCancelled(last, parseText(reason))) return CANCELLED;
  if (!last) return oneLine(parseText(reason)) || 'no reason was recorded';
  const said = lastErrorLine(last);
  return oneLine(said === '' ? outcome(last) : `${outcome(last)} · ${said}`);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
