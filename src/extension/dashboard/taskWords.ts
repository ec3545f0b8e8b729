/** What is said of the dashboard's table of tasks. Pure but for its language. */
import { l10n } from 'vscode';
import type { Column, Offer, RowAction, Sort, Table } from '../../protocol';
import type { Counts } from '../../queue/counts';
import type { TaskState } from '../../queue/states';
import { number, plural, visible } from '../../tasks/words';
import { heldWords } from './heldWords';
import { type LoadedTasks, MOST_LOADED } from './loadedTasks';

interface Loaded {
  tasks: Pick<
    LoadedTasks,
    'state' | 'text' | 'lines' | 'isSearching' | 'orderEnds' | 'searched' | 'refusal'
  >;
  counts: Counts;
  sort: Sort | undefined;
  columns: readonly Pick<Column, 'id' | 'title'>[];
  isHeld: boolean;
  /** A text of those in sight is not whole. */
  isCut: boolean;
}

/** How many there are, as far as that is known, and what of them is listed in which order. */
export function loadedWords(loaded: Loaded): Pick<Table, 'total' | 'sentence'> {
  const { tasks, counts, isHeld, isCut } = loaded;
  const all = countOf(counts, tasks.state);
  const sentences =
    tasks.text === '' ? listWords(loaded, all) : [searchWords(loaded), sortWords(loaded, all)];
  if (isCut) sentences.push(l10n.t('Long texts are shortened: Copy has the whole line.'));
  if (isHeld) sentences.push(heldWords());
  const found = tasks.isSearching ? undefined : tasks.lines.length;
  return { total: tasks.text === '' ? all : found, sentence: sentences.filter(Boolean).join(' ') };
}

function listWords(loaded: Loaded, all: number): string[] {
  const { tasks, sort } = loaded;
  if (all === 0) return [l10n.t('No task is in this state.')];
  return [
    sort ? sortWords(loaded, all) : orderWords(tasks.state, tasks.orderEnds),
    tasks.lines.length >= MOST_LOADED && all > MOST_LOADED
      ? l10n.t('No more than {0} are listed: search for others.', number(MOST_LOADED))
      : '',
  ];
}

function orderWords(state: TaskState, orderEnds: number | undefined): string {
  if (state === 'in_progress' || orderEnds === 0) return l10n.t('In no order.');
  const order =
    state === 'todo' ? l10n.t('In the order of service.') : l10n.t('The newest come first.');
  if (orderEnds === undefined) return order;
  return `${order} ${l10n.t('Those behind the first {0} are in no order.', number(orderEnds))}`;
}

function sortWords({ tasks, sort, columns }: Loaded, all: number): string {
  const title = columns.find(({ id }) => id === sort?.column)?.title;
  if (title === undefined) return '';
  const loaded = Math.min(tasks.lines.length, all);
  return tasks.text === '' && loaded < all
    ? l10n.t('The {0} that are loaded, of {1}, by {2}.', number(loaded), number(all), title)
    : l10n.t('By {0}.', title);
}

function searchWords({ tasks }: Loaded): string {
  const found = l10n.t('{0} found', number(tasks.lines.length));
  const { tasks: searched, of } = tasks.searched ?? { tasks: 0, of: 0 };
  if (tasks.refusal !== undefined) {
    return l10n.t('{0}, and Redis refused to search on: {1}', found, visible(tasks.refusal));
  }
  if (tasks.isSearching) {
    return l10n.t('Searched {0} of {1}: {2}.', number(searched), number(of), found);
  }
  if (tasks.lines.length >= MOST_LOADED) {
    return l10n.t('{0}, and the search ended there: look for something rarer.', found);
  }
  return l10n.t('{0} in {1}.', found, plural(of, 'task'));
}

function countOf(counts: Counts, state: TaskState): number {
  const { todo, inProgress, failed, finished } = counts;
  return { todo, in_progress: inProgress, failed, finished }[state];
}

/** What can be done about tasks of a state: on a click, and with those that are selected. */
export function offersOf(state: TaskState): { onClick: RowAction; offers: Offer[] } {
  const { t } = l10n;
  const retry: Offer = { action: 'retry', text: t('Retry') };
  const memory: Offer = { action: 'retryWithMemory', text: t('More Memory…') };
  const cancel: Offer = { action: 'cancel', text: t('Cancel') };
  const output: Offer = { action: 'showOutput', text: t('Show Output'), isForOne: true };
  const why: Offer = { action: 'whyWaiting', text: t('Why Is It Waiting?'), isForOne: true };
  const copy: Offer = { action: 'copy', text: t('Copy') };
  switch (state) {
    case 'todo':
      return { onClick: 'whyWaiting', offers: [cancel, why, copy] };
    case 'in_progress':
      return { onClick: 'showOutput', offers: [cancel, output, copy] };
    case 'failed':
      return { onClick: 'showOutput', offers: [retry, memory, output, copy] };
    case 'finished':
      return { onClick: 'showOutput', offers: [output, copy] };
  }
}
