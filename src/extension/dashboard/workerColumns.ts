/** The columns of the dashboard's table of workers. Pure but for its language. */
import { l10n } from 'vscode';
import type { QueueWorker } from '../../queue/workers';
import {
  lostSince,
  rateOf,
  runningWords,
  switchedOff,
  workerState,
  wrongWith,
} from '../../queue/workerWords';
import { amount, lasting, number, visible } from '../../tasks/words';
import { type GoneNode, type WorkerNode, workerName } from '../workers/nodes';
import type { ColumnOf } from './sorting';

export type WorkerItem = WorkerNode | GoneNode;

/** Such a row stands out. */
export const isWrong = (item: WorkerItem): boolean => severity(item) > 1;

/** @param nowMs Redis time */
export const workerColumns = (nowMs: number): ColumnOf<WorkerItem>[] => [
  { id: 'name', title: l10n.t('Worker'), cell: item => visible(workerName(item)), key: workerName },
  {
    id: 'state',
    title: l10n.t('State'),
    isWide: true,
    cell: item => stateWords(item, nowMs),
    key: severity,
  },
  told('lanes', l10n.t('Lanes busy'), lanesOf, ({ details }) => details.running),
  figure('buffered', l10n.t('Buffered'), counted('buffered'), ({ details }) => details.buffered),
  figure(
    'rate',
    l10n.t('Rate'),
    ({ worker }) => rateOf(worker),
    ({ details }) => details.rate,
  ),
  told(
    'cores',
    l10n.t('Cores'),
    ({ worker: { load } }) => load && outOf(load.usedCores, load.totalCores),
    ({ load }) => load?.usedCores,
  ),
  told(
    'memory',
    l10n.t('Memory'),
    ({ worker: { load } }) => load && l10n.t('{0} GB', outOf(load.usedGb, load.totalGb)),
    ({ load }) => load?.usedGb,
  ),
  told('switches', l10n.t('Switches'), switches, switchedOff),
  told('version', l10n.t('Version'), version, ({ details }) => details.version),
  figure('heartbeat', l10n.t('Heartbeat'), heartbeat, ({ heartbeatAgeMs }) => heartbeatAgeMs),
];

/** What a worker tells of itself; one that is lost tells nothing. */
function told(
  id: string,
  title: string,
  cell: (node: WorkerNode) => string | undefined,
  key: (worker: QueueWorker) => number | string | undefined,
): ColumnOf<WorkerItem> {
  return {
    id,
    title,
    cell: item => (item.kind === 'worker' ? (cell(item) ?? '') : ''),
    key: item => (item.kind === 'worker' ? key(item.worker) : undefined),
  };
}

const figure = (...column: Parameters<typeof told>): ColumnOf<WorkerItem> => ({
  ...told(...column),
  isFigure: true,
});

function stateWords(item: WorkerItem, nowMs: number): string {
  if (item.kind === 'gone') return lostSince(item.gone.sinceMs, nowMs);
  const { worker } = item;
  const kind = worker.kind === 'original' ? [l10n.t('original')] : [];
  return [...kind, ...wrongWith(worker, nowMs)].join(' · ') || l10n.t('live');
}

/** What is worse is more. */
function severity(item: WorkerItem): number {
  if (item.kind === 'gone') return 4;
  const { worker } = item;
  const state = workerState(worker);
  if (state !== 'live') return state === 'lost' ? 4 : 3;
  if (worker.details.problem !== undefined) return 2;
  return worker.draining ? 1 : 0;
}

const outOf = (used: number, all: number) => l10n.t('{0} of {1}', amount(used), amount(all));

/** Of an original, only a count tells what it runs. */
function lanesOf({ worker, running }: WorkerNode): string | undefined {
  if (worker.kind === 'original') return running === undefined ? undefined : runningWords(running);
  const { lanes, running: busy = 0 } = worker.details;
  return lanes === undefined ? undefined : outOf(busy, lanes);
}

const counted =
  (figure: 'buffered') =>
  ({ worker: { details } }: WorkerNode): string | undefined => {
    const value = details[figure];
    return value === undefined ? undefined : number(value);
  };

const switches = ({ worker }: WorkerNode) =>
  worker.kind === 'ours' ? (switchedOff(worker) ?? l10n.t('all on')) : '';

const version = ({ worker: { details } }: WorkerNode) =>
  details.version && visible(details.version);

const heartbeat = ({ worker: { heartbeatAgeMs } }: WorkerNode) =>
  heartbeatAgeMs === undefined ? undefined : l10n.t('{0} ago', lasting(heartbeatAgeMs));
