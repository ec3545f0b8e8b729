/** `distcomp tasks`: the tasks of a state, in the order of the sidebar, or those with a text. */
import { type PageRow, page, rowsOfLines } from '../../queue/pages';
import type { Queue } from '../../queue/queue';
import { commandOf, describeRow } from '../../queue/rowWords';
import { search } from '../../queue/search';
import type { TaskState } from '../../queue/states';
import { serverTime } from '../../queue/time';
import { taskId } from '../../tasks/task';
import { number, plural, shorten, visible } from '../../tasks/words';
import { print, printJson, say } from '../console';
import { EXIT } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';

export const LISTED_STATES: readonly TaskState[] = ['todo', 'in_progress', 'failed', 'finished'];
export const DEFAULT_LIMIT = 100;

const PAGE_SIZE = 1000;
const ID_LENGTH = 6;
const LABEL_LENGTH = 60;

export interface TasksOptions extends QueueOptions {
  state: TaskState;
  match?: string;
  limit: number;
}

interface Listing {
  rows: PageRow[];
  /** Whether there are others. */
  more: boolean;
  /** Of a search: how far it went. */
  searched?: number;
  total?: number;
}

/** Returns the exit code. */
export async function listTasks(options: TasksOptions): Promise<number> {
  const { state, match, limit, json } = options;
  return withQueue(options, async ({ queue, redis, run }) => {
    const listing = match
      ? await matching(queue, state, match, limit)
      : await first(queue, state, limit);
    const { rows, ...rest } = listing;
    if (json) {
      const tasks = rows.map(row => ({ id: taskId(row.line), ...row }));
      printJson({ redis, queue: queue.name, run: run ?? null, state, tasks, ...rest });
      return EXIT.ok;
    }
    printRows(state, rows, await serverTime(queue));
    say(footing(listing));
    return EXIT.ok;
  });
}

async function first(queue: Queue, state: TaskState, limit: number): Promise<Listing> {
  // A scan may come by a line twice.
  const rows = new Map<string, PageRow>();
  let cursor: string | undefined;
  do {
    // One more than is shown: whether there are more.
    const found = await page(queue, state, cursor, Math.min(limit + 1 - rows.size, PAGE_SIZE));
    for (const row of found.rows) rows.set(row.line, row);
    cursor = found.next;
  } while (cursor !== undefined && rows.size <= limit);
  return { rows: [...rows.values()].slice(0, limit), more: rows.size > limit };
}

async function matching(
  queue: Queue,
  state: TaskState,
  text: string,
  limit: number,
): Promise<Listing> {
  const lines: string[] = [];
  let [searched, total] = [0, 0];
  for await (const step of search(queue, state, text, limit + 1)) {
    lines.push(...step.lines);
    ({ searched, total } = step);
  }
  const rows = await rowsOfLines(queue, state, lines.slice(0, limit));
  return { rows, more: lines.length > limit, searched, total };
}

/** `3f9a1c  ./train --lr 10 --seed 7   exit 1 · ValueError: lr too large · 4 attempts`. */
function printRows(state: TaskState, rows: readonly PageRow[], now: number): void {
  const labels = rows.map(({ line }) => visible(shorten(commandOf(line), LABEL_LENGTH)));
  const width = Math.max(0, ...labels.map(label => label.length));
  for (const [i, row] of rows.entries()) {
    const id = taskId(row.line).slice(0, ID_LENGTH);
    print(`${id}  ${(labels[i] ?? '').padEnd(width)}  ${describeRow(state, row, now)}`.trimEnd());
  }
}

function footing({ rows, more, searched, total }: Listing): string {
  const among =
    searched === undefined || total === undefined
      ? plural(rows.length, 'task')
      : `${plural(rows.length, 'match', 'matches')}, searched ${number(searched)} of ${number(total)}`;
  return more ? `${among}. There are more: --limit N` : among;
}
