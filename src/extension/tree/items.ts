/** How each node of the tree looks. Labels stay put; what changes stands in the descriptions. */
import { l10n, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import { RECENT_MAX } from '../../queue/keys';
import type { PageRow } from '../../queue/pages';
import { commandOf, describeRow, isBuffered } from '../../queue/rowWords';
import type { TaskState } from '../../queue/states';
import { failuresLimit, runningLimit } from '../../tasks/limitWords';
import { number, plural, shorten, visible } from '../../tasks/words';
import type { Filter } from '../store/filter';
import { PAGE_SIZE } from '../store/rows';
import type { Store } from '../store/store';
import { type MoreNode, type Node, nodeId, type OrderEndsNode, type TaskNode } from './nodes';
import { remedyItem } from './remedies';
import { matchesItem, stateIcon, stateItem, stateTitle } from './stateItems';

const LABEL_LENGTH = 60;
/** For a screen reader, which reads what is wanted of it. */
const SPOKEN_LENGTH = 200;

export function itemOf(node: Node, store: Store, filter: Filter): TreeItem {
  const item = appearance(node, store, filter);
  item.id = nodeId(node);
  return item;
}

function appearance(node: Node, store: Store, filter: Filter): TreeItem {
  switch (node.kind) {
    case 'connection':
      return connectionItem(store);
    case 'queue':
      return queueItem(node.queue, store);
    case 'state':
      return stateItem(node.state, store);
    case 'matches':
      return matchesItem(node.state, filter);
    case 'task':
      return taskItem(node, store.now());
    case 'more':
      return moreItem(node);
    case 'orderEnds':
      return orderEndsItem(node);
    case 'remedy':
      return remedyItem(node);
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

function queueItem(queue: string, { counts, speed }: Store): TreeItem {
  const item = new TreeItem(queue, TreeItemCollapsibleState.Expanded);
  const workers = counts ? plural(counts.workers, 'worker') : '';
  // While nothing is to do, or it is not known how fast that is done, who could do it.
  item.description = speed.pace || workers;
  item.iconPath = new ThemeIcon(counts?.paused || counts?.closed ? 'debug-pause' : 'layers');
  item.contextValue = 'queue';
  const running = counts ? runningLimit(counts.limits, counts.held) : '';
  const failures = counts ? failuresLimit(counts.limits) : '';
  item.tooltip = [l10n.t('Queue {0}', queue), speed.pace, workers, running, failures]
    .filter(Boolean)
    .join(' · ');
  item.accessibilityInformation = { label: item.tooltip };
  return item;
}

function taskItem(node: TaskNode, now: number): TreeItem {
  const { state, row } = node;
  const item = new TreeItem(visible(shorten(node.label, LABEL_LENGTH)));
  item.description = describeRow(state, row, now);
  item.iconPath = taskIcon(state, row);
  item.contextValue = state === 'failed' ? 'task failed retryable' : `task ${state}`;
  const spoken = visible(shorten(commandOf(row.line), SPOKEN_LENGTH));
  const says = [`${stateTitle(state)}: ${spoken}`, item.description].filter(Boolean).join(', ');
  item.accessibilityInformation = { label: says };
  // There is nothing to show of a task that waits for its first attempt.
  if (state !== 'todo' || row.waitingForRetry) {
    const title = l10n.t('Show Output');
    item.command = { command: 'distcomp.showOutput', title, arguments: [node] };
  }
  return item;
}

function taskIcon(state: TaskState, row: PageRow): ThemeIcon {
  if (state === 'todo' && row.waitingForRetry) return new ThemeIcon('history');
  if (state === 'in_progress' && isBuffered(row)) return new ThemeIcon('circle-large-outline');
  return stateIcon(state);
}

function moreItem(node: MoreNode): TreeItem {
  const title = l10n.t('Show {0} more…', PAGE_SIZE);
  const item = new TreeItem(title);
  item.iconPath = new ThemeIcon('ellipsis');
  item.contextValue = 'more';
  item.accessibilityInformation = { label: `${stateTitle(node.state)}: ${title}`, role: 'button' };
  item.command = { command: 'distcomp.showMore', title, arguments: [node] };
  return item;
}

function orderEndsItem({ state }: OrderEndsNode): TreeItem {
  const item = new TreeItem(l10n.t('In no order from here on'));
  const isTodo = state === 'todo';
  item.description = isTodo ? l10n.t('not indexed yet') : l10n.t('older ones, or of originals');
  item.iconPath = new ThemeIcon('info');
  item.contextValue = 'orderEnds';
  item.tooltip = isTodo
    ? l10n.t('A worker puts them into the order of service within seconds.')
    : l10n.t('The last {0} are kept in order.', number(RECENT_MAX));
  item.accessibilityInformation = { label: `${item.label}: ${item.description}` };
  return item;
}
