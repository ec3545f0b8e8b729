/** The columns of the dashboard's table of workers. Pure but for its language. */
import { l10n } from 'vscode';
import type { QueueWorker } from '../../queue/workers';
import {
  lostSince,
  meanDurationOf,
  outlierWords,
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
  { id: 'name', title: l10n.t('Worker'), width: 11, cell: shownName, key: workerName },
  {
    ...{ id: 'state', title: l10n.t('State'), width: 21 },
    cell: item => stateWords(item, nowMs),
    // The worst come first.
    key: item => -severity(item),
  },
  told('lanes', l10n.t('Lanes'), 7, lanesOf, ({ details }) => details.running),
  figure('buffered', l10n.t('Buffered'), 8, buffered, ({ details }) => details.buffered),
  figure('rate', l10n.t('Rate'), 6, rate, ({ details }) => details.rate),
  figure('mean', l10n.t('Mean'), 7, mean, ({ details }) => details.mean_ms),
  figure('failures', l10n.t('Failures'), 8, failures, failedShare),
  told('cores', l10n.t('Cores'), 9, coresOf, ({ load }) => load?.usedCores),
  told('memory', l10n.t('Memory'), 13, memoryOf, ({ load }) => load?.usedGb),
  told('switches', l10n.t('Switches'), 9, switches, switchedOff),
  told('version', l10n.t('Version'), 7, version, ({ details }) => details.version),
  figure('heartbeat', l10n.t('Heartbeat'), 10, heartbeat, ({ heartbeatAgeMs }) => heartbeatAgeMs),
];

/** What a worker tells of itself; one that is lost tells nothing. */
function told(
  id: string,
  title: string,
  width: number,
  cell: (node: WorkerNode) => string | undefined,
  key: (worker: QueueWorker) => number | string | undefined,
): ColumnOf<WorkerItem> {
  return {
    id,
    title,
    width,
    cell: item => (item.kind === 'worker' ? (cell(item) ?? '') : ''),
    key: item => (item.kind === 'worker' ? key(item.worker) : undefined),
  };
}

const figure = (...column: Parameters<typeof told>): ColumnOf<WorkerItem> => ({
  ...told(...column),
  isFigure: true,
});

const shownName = (item: WorkerItem) => visible(workerName(item));

function stateWords(item: WorkerItem, nowMs: number): string {
  if (item.kind === 'gone') return lostSince(item.gone.sinceMs, nowMs);
  const { worker } = item;
  const kind = worker.kind === 'original' ? [l10n.t('original')] : [];
  return (
    [...kind, ...wrongWith(worker, nowMs), ...item.outliers.map(outlierWords)].join(' · ') ||
    l10n.t('live')
  );
}

/** What is worse is more. */
function severity(item: WorkerItem): number {
  if (item.kind === 'gone') return 4;
  const { worker } = item;
  const state = workerState(worker);
  if (state !== 'live') return state === 'lost' ? 4 : 3;
  if (worker.details.problem !== undefined || item.outliers.length > 0) return 2;
  return worker.draining ? 1 : 0;
}

const outOf = (used: number, all: number) => l10n.t('{0} of {1}', amount(used), amount(all));

/** Of an original, only a count tells what it runs. */
function lanesOf({ worker, running }: WorkerNode): string | undefined {
  if (worker.kind === 'original') return running === undefined ? undefined : runningWords(running);
  const { lanes, running: busy = 0 } = worker.details;
  return lanes === undefined ? undefined : outOf(busy, lanes);
}

function buffered({ worker: { details } }: WorkerNode): string | undefined {
  return details.buffered === undefined ? undefined : number(details.buffered);
}

const coresOf = ({ worker: { load } }: WorkerNode) =>
  load && outOf(load.usedCores, load.totalCores);

const memoryOf = ({ worker: { load } }: WorkerNode) =>
  load && l10n.t('{0} GB', outOf(load.usedGb, load.totalGb));

const rate = ({ worker }: WorkerNode) => rateOf(worker);

const mean = ({ worker }: WorkerNode) => meanDurationOf(worker);

/** Of its last attempts: what it does now. */
function failures({ worker: { details } }: WorkerNode): string | undefined {
  const { recent_failed: failed, recent_ended: ended } = details;
  return failed === undefined || ended === undefined ? undefined : outOf(failed, ended);
}

const failedShare = ({ details: { recent_failed: failed, recent_ended: ended } }: QueueWorker) =>
  failed === undefined || !ended ? undefined : failed / ended;

const switches = ({ worker }: WorkerNode) =>
  worker.kind === 'ours' ? (switchedOff(worker) ?? l10n.t('all on')) : '';

const version = ({ worker: { details } }: WorkerNode) =>
  details.version && visible(details.version);

const heartbeat = ({ worker: { heartbeatAgeMs } }: WorkerNode) =>
  heartbeatAgeMs === undefined ? undefined : l10n.t('{0} ago', lasting(heartbeatAgeMs));
