/** How each node of the tree looks. Labels stay put; what changes stands in the descriptions. */
import { l10n, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { PageRow } from '../../queue/pages';
import type { TaskState } from '../../queue/states';
import { parseTask } from '../../tasks/task';
import { lasting, number, plural, shorten, visible } from '../../tasks/words';
import { PAGE_SIZE } from '../rows';
import type { Store } from '../store';
import { type MoreNode, type Node, nodeId, type StateNode, type TaskNode } from './nodes';

const LABEL_LENGTH = 60;
/** For a screen reader, which reads what is wanted of it. */
const SPOKEN_LENGTH = 200;
const REASON_LENGTH = 80;

export function itemOf(node: Node, store: Store): TreeItem {
  const item = appearance(node, store);
  item.id = nodeId(node);
  return item;
}

function appearance(node: Node, store: Store): TreeItem {
  switch (node.kind) {
    case 'connection':
      return connectionItem(store);
    case 'queue':
      return queueItem(node.queue, store);
    case 'state':
      return stateItem(node, store);
    case 'task':
      return taskItem(node, store.now());
    case 'more':
      return moreItem(node);
  }
}

function connectionItem({ target, link }: Store): TreeItem {
  const item = new TreeItem(visible(target?.label ?? ''), TreeItemCollapsibleState.Expanded);
  const words = {
    unconfigured: '',
    connecting: l10n.t('connecting'),
    live: l10n.t('live'),
    stale: l10n.t('stale'),
    refused: l10n.t('not connected'),
  }[link.state];
  const color = link.state === 'live' ? 'charts.green' : 'charts.yellow';
  item.iconPath = new ThemeIcon('server-environment', new ThemeColor(color));
  item.description = words;
  item.contextValue = `connection ${link.state}`;
  item.tooltip = [item.label, target?.about, words].filter(Boolean).join(' · ');
  item.accessibilityInformation = { label: item.tooltip };
  return item;
}

function queueItem(queue: string, { counts }: Store): TreeItem {
  const item = new TreeItem(queue, TreeItemCollapsibleState.Expanded);
  const workers = counts ? plural(counts.workers, 'worker') : '';
  item.description = counts?.closed ? `${workers} · ${l10n.t('closed')}` : workers;
  item.iconPath = new ThemeIcon('layers');
  item.contextValue = 'queue';
  item.tooltip = l10n.t('Queue {0}, {1}', queue, item.description);
  item.accessibilityInformation = { label: item.tooltip };
  return item;
}

interface Look {
  title: string;
  icon: string;
  color: string | undefined;
  /** Open from the start: what a person wants to see first. */
  open: boolean;
}

const looks: Record<TaskState, Look> = {
  todo: { title: l10n.t('To do'), icon: 'circle-large-outline', color: undefined, open: false },
  in_progress: { title: l10n.t('In progress'), icon: 'play', color: 'charts.blue', open: true },
  failed: { title: l10n.t('Failed'), icon: 'error', color: 'testing.iconFailed', open: true },
  finished: { title: l10n.t('Finished'), icon: 'pass', color: 'testing.iconPassed', open: false },
};

export const stateTitle = (state: TaskState): string => looks[state].title;

function stateItem(node: StateNode, { counts }: Store): TreeItem {
  const look = looks[node.state];
  const { Expanded, Collapsed } = TreeItemCollapsibleState;
  const item = new TreeItem(look.title, look.open ? Expanded : Collapsed);
  const count = counts?.[COUNT_OF[node.state]] ?? 0;
  const waiting = node.state === 'todo' ? (counts?.waitingForRetry ?? 0) : 0;
  const also = waiting > 0 ? l10n.t('({0} waiting for another attempt)', number(waiting)) : '';
  item.description = `${number(count)}  ${also}`.trim();
  item.iconPath = icon(look);
  item.contextValue =
    node.state === 'failed' && count > 0 ? 'state failed retryable' : `state ${node.state}`;
  item.tooltip = `${look.title}: ${plural(count, 'task')} ${also}`.trim();
  item.accessibilityInformation = { label: item.tooltip };
  return item;
}

const COUNT_OF = {
  todo: 'todo',
  in_progress: 'inProgress',
  failed: 'failed',
  finished: 'finished',
} as const satisfies Record<TaskState, string>;

function taskItem(node: TaskNode, now: number): TreeItem {
  const { state, row } = node;
  const look = looks[state];
  const item = new TreeItem(visible(shorten(node.label, LABEL_LENGTH)));
  item.description = describe(state, row, now);
  item.iconPath = taskIcon(state, row, look);
  item.contextValue = state === 'failed' ? 'task failed retryable' : `task ${state}`;
  const spoken = visible(shorten(commandOf(row.line), SPOKEN_LENGTH));
  item.accessibilityInformation = { label: `${look.title}: ${spoken}, ${item.description}` };
  // There is nothing to show of a task that waits for its first attempt.
  if (state !== 'todo' || row.waitingForRetry) {
    const title = l10n.t('Show Output');
    item.command = { command: 'distcomp.showOutput', title, arguments: [node] };
  }
  return item;
}

/** What a person recognises a task by; written by someone else. */
export function commandOf(line: string): string {
  const parsed = parseTask(line);
  return 'task' in parsed ? parsed.task.command.trim() : line;
}

/** What matters about a task in its state. */
export function describe(state: TaskState, row: PageRow, now: number): string {
  const attempts = row.attempts ? plural(row.attempts, 'attempt') : '';
  const reason = visible(shorten(row.reason ?? '', REASON_LENGTH));
  const parts = {
    todo: [row.waitingForRetry ? l10n.t('waiting for another attempt') : '', reason],
    in_progress: [visible(row.worker ?? ''), runningFor(row, now)],
    failed: [reason, attempts],
    finished: [visible(shorten(row.result ?? '', REASON_LENGTH))],
  }[state];
  return parts.filter(Boolean).join(' · ');
}

function runningFor(row: PageRow, now: number): string {
  if (isBuffered(row)) return l10n.t('buffered');
  return row.startedAt === undefined ? '' : lasting(now - row.startedAt);
}

/** Claimed and not started. A task of an original has no start that we know. */
const isBuffered = ({ startedAt, worker = '' }: PageRow) =>
  startedAt === undefined && worker.includes('~');

function taskIcon(state: TaskState, row: PageRow, look: Look): ThemeIcon {
  if (state === 'todo' && row.waitingForRetry) return new ThemeIcon('history');
  if (state === 'in_progress' && isBuffered(row)) return new ThemeIcon('circle-large-outline');
  return icon(look);
}

function moreItem(node: MoreNode): TreeItem {
  const title = l10n.t('Show {0} more…', PAGE_SIZE);
  const item = new TreeItem(title);
  item.iconPath = new ThemeIcon('ellipsis');
  item.description = node.ordered ? '' : l10n.t('in no order');
  item.contextValue = 'more';
  item.command = { command: 'distcomp.showMore', title, arguments: [node] };
  return item;
}

const icon = ({ icon, color }: Look) =>
  new ThemeIcon(icon, color === undefined ? undefined : new ThemeColor(color));
