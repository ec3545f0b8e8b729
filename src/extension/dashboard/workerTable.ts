/** The dashboard's table of workers: those that are there, and those that were lost. */
import { l10n } from 'vscode';
import type { Chosen, Row, Table, Window } from '../../protocol';
import type { Queue } from '../../queue/queue';
import { number, plural } from '../../tasks/words';
import type { Store } from '../store/store';
import { rosterNodes, workerName } from '../workers/nodes';
import { heldWords } from './heldWords';
import { opaqueId } from './opaqueId';
import { Arrangement, type ColumnOf, cellsOf, described, sorted, sortOf } from './sorting';
import { isWrong, type WorkerItem, workerColumns } from './workerColumns';

/** Heartbeats come every two seconds. */
const GAP_MS = 1_000;

export class WorkerTable {
  #items = new Map<string, WorkerItem>();
  /** Of those that are there. */
  #present: readonly string[] = [];
  readonly #arrangement = new Arrangement();
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly store: Store) {}

  /** What was read is of another queue. */
  forget(): void {
    this.#items = new Map();
    this.#arrangement.forget();
    this.#readAt = Number.NEGATIVE_INFINITY;
  }

  /** Those that rows stand for. */
  chosen(rows: Chosen): WorkerItem[] {
    const ids =
      'all' in rows
        ? this.#arrangement.rows.filter(id => this.#present.includes(id)).slice(0, rows.all)
        : rows;
    return ids.flatMap(id => this.#items.get(id) ?? []);
  }

  /** Undefined while nothing is known. Throws when Redis goes away. */
  async next({ first, count, sort: asked, isHeld }: Window): Promise<Table | undefined> {
    const { queue } = this.store;
    if (queue && performance.now() - this.#readAt >= GAP_MS) await this.#read(queue);
    if (this.#readAt === Number.NEGATIVE_INFINITY) return undefined;
    const columns = workerColumns(this.store.now());
    const sort = sortOf(columns, asked);
    const items = this.#present.flatMap(id => this.#items.get(id) ?? []);
    const now = sorted(items, columns, sort).map(idOf);
    const shown = this.#arrangement.arrange(now, sort, isHeld);
    const ids = shown.slice(first, first + count);
    return {
      tab: 'workers',
      columns: described(columns),
      sort,
      length: shown.length,
      loaded: this.#present.length,
      total: shown.length,
      first,
      rows: ids.flatMap(id => this.#row(id, columns)),
      sentence: [sentenceOf(items), isHeld ? heldWords() : ''].filter(Boolean).join(' '),
      offers: [
        { action: 'drain', text: l10n.t('Drain') },
        { action: 'stop', text: l10n.t('Stop Host') },
        { action: 'showLog', text: l10n.t('Show Log'), isForOne: true },
        { action: 'copy', text: l10n.t('Copy Name') },
      ],
    };
  }

  #row(id: string, columns: readonly ColumnOf<WorkerItem>[]): Row[] {
    const item = this.#items.get(id);
    if (!item) return [];
    const mark = !this.#present.includes(id) ? 'gone' : isWrong(item) ? 'problem' : undefined;
    return [{ id, cells: cellsOf(columns, item), ...(mark ? { mark } : {}) }];
  }

  async #read(queue: Queue): Promise<void> {
    const found = await readItems(queue);
    if (queue !== this.store.queue) return;
    this.#readAt = performance.now();
    this.#present = found.map(idOf);
    // Of those that are held in their place though they ended, what was last known.
    const held = this.#arrangement.rows.flatMap(id => this.#items.get(id) ?? []);
    this.#items = new Map([...held, ...found].map(item => [idOf(item), item]));
  }
}

const idOf = (item: WorkerItem): string => opaqueId(workerName(item));

async function readItems(queue: Queue): Promise<WorkerItem[]> {
  const [{ roster }, { workerTasks }] = await Promise.all([
    import('../../queue/workers'),
    import('../../queue/workerTasks'),
  ]);
  const found = await roster(queue);
  // Only a count tells what originals run.
  const originals = found.workers.filter(({ kind }) => kind === 'original');
  const asks = originals.map(({ name }) => ({ worker: name, running: 0, buffered: 0 }));
  const held = asks.length > 0 ? await workerTasks(queue, asks) : undefined;
  return rosterNodes(found, name => held?.get(name)?.runningCount);
}

function sentenceOf(items: readonly WorkerItem[]): string {
  if (items.length === 0)
    return l10n.t('No worker is live. Start a local cluster, or launch some.');
  const wrong = items.filter(isWrong).length;
  const all = plural(items.length, 'worker');
  return wrong > 0 ? l10n.t('{0}, something is wrong with {1}.', all, number(wrong)) : `${all}.`;
}
