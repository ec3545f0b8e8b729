/** The four states in the tree: what matters in each, and in the tooltip the rest. */
import { l10n, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { Overview } from '../../queue/overview';
import { isBuffered } from '../../queue/rowWords';
import type { TaskState } from '../../queue/states';
import { limitReached } from '../../tasks/limitWords';
import { number, plural, shorten, took, visible } from '../../tasks/words';
import type { Filter } from '../store/filter';
import type { Rows } from '../store/rows';
import type { Store } from '../store/store';

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

const SIGNATURE_LENGTH = 80;

export const stateTitle = (state: TaskState): string => looks[state].title;

export function stateIcon(state: TaskState): ThemeIcon {
  const { icon, color } = looks[state];
  return new ThemeIcon(icon, color === undefined ? undefined : new ThemeColor(color));
}

export function stateItem(state: TaskState, store: Store): TreeItem {
  const { Expanded, Collapsed } = TreeItemCollapsibleState;
  const { title, open } = looks[state];
  const item = new TreeItem(title, open ? Expanded : Collapsed);
  const count = store.counts?.[COUNT_OF[state]] ?? 0;
  const matters = mattersIn(state, store).join(', ');
  item.description = matters === '' ? number(count) : `${number(count)}  (${matters})`;
  item.iconPath = stateIcon(state);
  item.contextValue = state === 'failed' && count > 0 ? 'state failed retryable' : `state ${state}`;
  const rest = store.overview ? restOf(state, store.overview) : [];
  item.tooltip = [`${title}: ${plural(count, 'task')}`, matters, ...rest]
    .filter(Boolean)
    .join('\n');
  item.accessibilityInformation = { label: item.tooltip };
  return item;
}

/** In place of the state while the tree is filtered. */
export function matchesItem(state: TaskState, filter: Filter): TreeItem {
  const { lines, isFull } = filter.found(state);
  const item = new TreeItem(looks[state].title, TreeItemCollapsibleState.Expanded);
  const count = plural(lines.length, 'match', 'matches');
  const ended = filter.state === 'ended' ? count : l10n.t('{0} so far', count);
  item.description = isFull ? l10n.t('the first {0}', count) : ended;
  item.iconPath = stateIcon(state);
  const isRetryable = state === 'failed' && lines.length > 0;
  item.contextValue = isRetryable ? 'matches failed retryable' : `matches ${state}`;
  item.tooltip = `${looks[state].title}: ${item.description}`;
  item.accessibilityInformation = { label: item.tooltip };
  return item;
}

const COUNT_OF = {
  todo: 'todo',
  in_progress: 'inProgress',
  failed: 'failed',
  finished: 'finished',
} as const satisfies Record<TaskState, string>;

/** What is remarkable now. */
function mattersIn(state: TaskState, store: Store): string[] {
  const { overview } = store;
  if (!overview) return [];
  switch (state) {
    case 'todo':
      return waiting(overview);
    case 'in_progress':
      return [...limited(overview), ...buffered(store.known(state))];
    case 'failed':
      return mostFrequent(overview);
    case 'finished':
      return [];
  }
}

function waiting({ counts, waitingForRoom }: Overview): string[] {
  if (counts.todo === 0) return [];
  const { closed, paused, waitingForRetry } = counts;
  const parts: string[] = [];
  if (closed) parts.push(l10n.t('closed'));
  if (paused) parts.push(l10n.t('paused'));
  if (waitingForRoom > 0) parts.push(l10n.t('big ones wait for room'));
  if (waitingForRetry > 0) {
    parts.push(l10n.t('{0} waiting for another attempt', number(waitingForRetry)));
  }
  return parts;
}

/** Once nothing more may start beside them, as the queue is set. */
function limited({ counts: { limits, held } }: Overview): string[] {
  const most = limitReached(limits, held);
  return most === undefined ? [] : [l10n.t('at most {0}', number(most))];
}

/** Known where all of them are listed. */
function buffered(known: Rows | undefined): string[] {
  if (!known || known.more) return [];
  const count = known.rows.filter(isBuffered).length;
  return count > 0 ? [l10n.t('{0} buffered', number(count))] : [];
}

function mostFrequent({ failures, counts }: Overview): string[] {
  const { mostFrequent } = failures;
  if (!mostFrequent || counts.failed === 0) return [];
  const signature = visible(shorten(mostFrequent.signature, SIGNATURE_LENGTH));
  return [`${number(mostFrequent.count)} × ${signature}`];
}

function restOf(state: TaskState, overview: Overview): string[] {
  const { lanes, failures, waitingForRoom, progress } = overview;
  const { endedLastMinute: ended, millisecondsLastMinute: ms } = progress;
  switch (state) {
    case 'todo':
      return waitingForRoom > 0
        ? [
            waitingForRoom === 1
              ? l10n.t('1 kind of big task waits until a host is free enough')
              : l10n.t(
                  '{0} kinds of big tasks wait until a host is free enough',
                  number(waitingForRoom),
                ),
          ]
        : [];
    case 'in_progress':
      return lanes
        ? [
            l10n.t(
              '{0} of {1} busy at the last heartbeat',
              number(lanes.running),
              plural(lanes.all, 'lane'),
            ),
          ]
        : [];
    case 'failed':
      return failures.kinds > 0
        ? [plural(failures.kinds, 'kind of failure', 'kinds of failure')]
        : [];
    case 'finished':
      return ended > 0
        ? [l10n.t('In the last minute a task took {0} on average', took(ms / ended))]
        : [];
  }
}
