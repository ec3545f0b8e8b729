/**
 * Two looks: while an original is alive, a task may be in none of its hashes, or only among the failed,
 * and yet be on its way between two of them. What submits, retries or undoes looks twice then, a second
 * apart, and acts only on lines that stood the same both times.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { chunksOf } from './chunks';
import { originals } from './originals';
import type { Queue } from './queue';
import { asString } from './reply';
import { runScript, scripts } from './script';

/** Between two looks at a line. An original needs a few round trips to move a task. */
const BETWEEN_LOOKS_MS = 1000;

/** So often it is acted on lines that move all the time before they are left alone. */
const MOST_TRIES = 4;

/** So many chunks may stand between their two looks: a limit of memory. */
const MOST_WAITING = 64;

/** What a script answers for a line that did not stand the same in both looks. */
export const UNSETTLED = 'u';

/**
 * Changes lines by a script that takes the first look as its first argument, and asks `is_settled` of
 * the prelude before it acts. `seen` is one letter a line, or empty while no original is alive.
 *
 * @returns one letter a line
 */
export type Act = (lines: string[], seen: string) => Promise<string>;

/** What became of one item, as the script's letter says. */
export interface Settled<T> {
  item: T;
  letter: string;
}

export interface SettledChunk<T> {
  settled: Settled<T>[];
  /** An original was alive when these lines were looked at. */
  besideOriginal: boolean;
}

/** Lines between their two looks. */
interface Waiting<T> {
  items: T[];
  seen: string;
  /** When the second look may come, by `performance.now()`. */
  readyAt: number;
  /** How often it was acted on them before. */
  tries: number;
}

/**
 * Acts on lines, and again on those that moved meanwhile.
 *
 * @returns one letter a line, in order; `u` for lines that moved between all looks
 * @throws what `act` throws, or Redis
 */
export async function twoLooks(queue: Queue, lines: readonly string[], act: Act): Promise<string> {
  const letters: string[] = [];
  const items = lines.map((line, index) => ({ line, index }));
  for await (const { settled } of settle(queue, chunksOf(items, lineOf), lineOf, act)) {
    for (const { item, letter } of settled) letters[item.index] = letter;
  }
  return letters.join('');
}

const lineOf = ({ line }: { line: string }) => line;

/**
 * Acts on items that come in chunks, each with a line. Each chunk waits from its own first look, and the
 * next ones are looked at meanwhile, so that many chunks take hardly longer than one; at most 64 of them
 * are held. Items that moved come later than their chunk. Once `isCancelled` says so nothing more is done,
 * not even to what stands between its looks.
 */
export async function* settle<T>(
  queue: Queue,
  source: Iterable<T[]> | AsyncIterable<T[]>,
  lineOf: (item: T) => string,
  act: Act,
  isCancelled: () => boolean = () => false,
): AsyncGenerator<SettledChunk<T>> {
  const waiting: Waiting<T>[] = [];
  const look = async (items: T[], tries: number) => {
    if (items.length > 0) waiting.push(await firstLook(queue, items, lineOf, tries));
  };
  async function* actOnFirst(): AsyncGenerator<SettledChunk<T>> {
    const first = waiting.shift();
    if (!first) return;
    await until(first.readyAt);
    if (isCancelled()) return;
    const letters = await act(first.items.map(lineOf), first.seen);
    const found = first.items.map((item, i) => ({ item, letter: letters[i] ?? '' }));
    const again = first.tries < MOST_TRIES - 1 ? found.filter(isUnsettled) : [];
    const settled = again.length > 0 ? found.filter(one => !isUnsettled(one)) : found;
    if (settled.length > 0) yield { settled, besideOriginal: first.seen !== '' };
    await look(
      again.map(({ item }) => item),
      first.tries + 1,
    );
  }

  for await (const items of source) {
    if (isCancelled()) return;
    await look(items, 0);
    while (waiting.length >= MOST_WAITING || isReady(waiting[0])) yield* actOnFirst();
  }
  while (waiting.length > 0) yield* actOnFirst();
}

async function firstLook<T>(
  queue: Queue,
  items: T[],
  lineOf: (item: T) => string,
  tries: number,
): Promise<Waiting<T>> {
  const alive = (await originals(queue)).some(original => original.alive);
  if (!alive) return { items, seen: '', readyAt: 0, tries };
  const seen = asString(await runScript(queue, scripts.states, items.map(lineOf)));
  return { items, seen, readyAt: performance.now() + BETWEEN_LOOKS_MS, tries };
}

const isUnsettled = ({ letter }: { letter: string }) => letter === UNSETTLED;

const isReady = (waiting: { readyAt: number } | undefined) =>
  waiting !== undefined && waiting.readyAt <= performance.now();

async function until(time: number): Promise<void> {
  for (let left = time - performance.now(); left > 0; left = time - performance.now()) {
    await sleep(left);
  }
}
