/** How each node of the Workers view looks. Names stay put; what changes stands in the descriptions. */
import { l10n, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import { commandOf } from '../../queue/rowWords';
import {
  bufferedWords,
  coresInUse,
  goneWords,
  lanesInUse,
  lostSince,
  memoryInUse,
  outlierWords,
  rateOf,
  runningWords,
  workerState,
  wrongWith,
} from '../../queue/workerWords';
import { lasting, number, shorten, visible } from '../../tasks/words';
import { PAGE_SIZE } from '../store/rows';
import {
  type GoneNode,
  type HeldTaskNode,
  type MoreHeldNode,
  type WorkerNode,
  type WorkersNode,
  workersNodeId,
} from './nodes';

const LABEL_LENGTH = 60;
/** For a screen reader, which reads what is wanted of it. */
const SPOKEN_LENGTH = 200;

/** @param nowMs Redis time */
export function itemOf(node: WorkersNode, nowMs: number): TreeItem {
  const item = appearance(node, nowMs);
  item.id = workersNodeId(node);
  return item;
}

function appearance(node: WorkersNode, nowMs: number): TreeItem {
  switch (node.kind) {
    case 'worker':
      return workerItem(node, nowMs);
    case 'gone':
      return goneItem(node);
    case 'task':
      return taskItem(node, nowMs);
    case 'buffered': {
      const item = new TreeItem(bufferedWords(node.count), TreeItemCollapsibleState.Collapsed);
      item.iconPath = new ThemeIcon('circle-large-outline');
      item.contextValue = 'buffered';
      item.tooltip = l10n.t('Claimed by {0}, and not started yet', visible(node.worker));
      item.accessibilityInformation = { label: `${item.label}: ${item.tooltip}` };
      return item;
    }
    case 'moreHeld':
      return moreItem(node);
    case 'unlisted': {
      const item = new TreeItem(l10n.t('not listed'));
      item.description = l10n.t('an original keeps no list, and too many tasks are in progress');
      item.iconPath = new ThemeIcon('info');
      item.contextValue = 'unlisted';
      item.accessibilityInformation = { label: `${item.label}: ${item.description}` };
      return item;
    }
  }
}

function workerItem(node: WorkerNode, nowMs: number): TreeItem {
  const { worker } = node;
  const item = new TreeItem(visible(worker.name), TreeItemCollapsibleState.Collapsed);
  item.description = workerDescription(node, nowMs).join(' · ');
  item.iconPath = workerIcon(node);
  item.contextValue = contextOf(node);
  item.accessibilityInformation = {
    label: l10n.t('Worker {0}: {1}', visible(worker.name), item.description),
  };
  return item;
}

/** What is wrong first, then what it does. */
export function workerDescription(node: WorkerNode, nowMs: number): string[] {
  const { worker, running, outliers } = node;
  return [
    worker.kind === 'original' ? l10n.t('original') : undefined,
    ...wrongWith(worker, nowMs),
    ...outliers.map(outlierWords),
    worker.kind === 'original' && running !== undefined ? runningWords(running) : undefined,
    lanesInUse(worker),
    memoryInUse(worker),
    rateOf(worker),
    coresInUse(worker),
  ].filter(part => part !== undefined);
}

function workerIcon({ worker, outliers }: WorkerNode): ThemeIcon {
  const state = workerState(worker);
  if (state === 'lost') return icon('error', 'testing.iconFailed');
  if (state === 'silent') return icon('question', 'charts.yellow');
  if (worker.draining) return icon('sign-out', 'charts.yellow');
  const isMarked = worker.details.problem !== undefined || outliers.length > 0;
  if (isMarked) return icon('warning', 'charts.yellow');
  return icon(worker.kind === 'original' ? 'vm' : 'vm-running', 'charts.green');
}

/** Words that menus ask for: what it is, and what can be done about it. */
function contextOf({ worker }: WorkerNode): string {
  const state = workerState(worker);
  const words: string[] = ['worker'];
  if (worker.kind === 'original') words.push('original', state);
  else words.push(worker.draining ? 'draining' : state);
  if (worker.kind === 'ours' && !worker.draining) words.push('drainable');
  if (worker.kind === 'original' || state === 'silent') words.push('recoverable');
  return words.join(' ');
}

function goneItem({ gone, nowMs }: GoneNode): TreeItem {
  const item = new TreeItem(visible(gone.name));
  item.description = lostSince(gone.sinceMs, nowMs);
  item.iconPath = icon('error', 'testing.iconFailed');
  item.contextValue = 'worker lost';
  item.tooltip = `${visible(gone.name)}: ${item.description}. ${goneWords(gone)}`;
  item.accessibilityInformation = { label: item.tooltip };
  return item;
}

function taskItem(node: HeldTaskNode, nowMs: number): TreeItem {
  const { line, startedAt } = node.row;
  const item = new TreeItem(visible(shorten(node.label, LABEL_LENGTH)));
  const runs = node.part === 'running';
  item.description = startedAt === undefined ? '' : lasting(nowMs - startedAt);
  item.iconPath = runs ? icon('play', 'charts.blue') : new ThemeIcon('circle-large-outline');
  item.contextValue = 'task in_progress';
  const spoken = visible(shorten(commandOf(line), SPOKEN_LENGTH));
  const state = runs ? l10n.t('Running') : l10n.t('Buffered');
  item.accessibilityInformation = { label: `${state}: ${spoken}, ${item.description}` };
  if (runs) {
    const title = l10n.t('Show Output');
    item.command = { command: 'distcomp.showOutput', title, arguments: [node] };
  }
  return item;
}

function moreItem(node: MoreHeldNode): TreeItem {
  const title = l10n.t('Show {0} more…', number(Math.min(PAGE_SIZE, node.left)));
  const item = new TreeItem(title);
  item.iconPath = new ThemeIcon('ellipsis');
  item.contextValue = 'more';
  const whose = node.part === 'running' ? l10n.t('Running') : l10n.t('Buffered');
  item.accessibilityInformation = {
    label: `${visible(node.worker)}, ${whose}: ${title}`,
    role: 'button',
  };
  item.command = { command: 'distcomp.showMore', title, arguments: [node] };
  return item;
}

const icon = (name: string, color: string) => new ThemeIcon(name, new ThemeColor(color));
