/** The tooltip of a worker: all that it tells of itself. Plain text, since it is others who write it. */
import { l10n } from 'vscode';
import type { QueueWorker } from '../../queue/workers';
import {
  bufferedWords,
  coresInUse,
  failuresOf,
  lanesInUse,
  meanDurationOf,
  memoryInUse,
  outlierWords,
  rateOf,
  workerState,
  wrongWith,
} from '../../queue/workerWords';
import { amount, visible } from '../../tasks/words';
import type { WorkerNode } from './nodes';

/** @param nowMs Redis time */
export function workerTooltip(node: WorkerNode, nowMs: number): string {
  const { worker, running, outliers } = node;
  const lines = [
    visible(worker.name),
    ...wrongWith(worker, nowMs),
    ...outliers.map(outlierWords),
    ...(worker.kind === 'original' ? originalLines(running) : ourLines(worker)),
    [memoryInUse(worker), coresInUse(worker)].filter(Boolean).join(' · '),
    worker.load ? l10n.t('in use on its host, whoever uses it') : '',
  ];
  if (workerState(worker) === 'silent') lines.push(l10n.t('These are the numbers it told last.'));
  return lines.filter(Boolean).join('\n');
}

function originalLines(running: number | undefined): string[] {
  return [
    l10n.t('A worker of the original: it tells neither its lanes nor when its tasks began.'),
    running === undefined
      ? l10n.t('Its tasks are not counted: too many are in progress.')
      : l10n.t('It runs {0}.', running === 1 ? l10n.t('1 task') : l10n.t('{0} tasks', running)),
  ];
}

function ourLines(worker: QueueWorker): string[] {
  const { buffered, capacity_gb, version, pid, switches } = worker.details;
  const mean = meanDurationOf(worker);
  const ended = [failuresOf(worker), mean && l10n.t('{0} each on average', mean)];
  const does = [
    lanesInUse(worker),
    buffered === undefined ? '' : bufferedWords(buffered),
    rateOf(worker),
  ];
  const is = [
    version === undefined ? '' : l10n.t('version {0}', visible(version)),
    pid === undefined ? '' : l10n.t('process {0}', String(pid)),
  ];
  return [
    does.filter(Boolean).join(' · '),
    ended.filter(Boolean).join(' · '),
    capacity_gb === undefined ? '' : l10n.t('{0} GB for tasks', amount(capacity_gb)),
    is.filter(Boolean).join(' · '),
    Object.entries(switches)
      .map(([name, value]) => `${visible(name)} ${switchWords(value)}`)
      .join(' · '),
  ];
}

function switchWords(value: boolean | number): string {
  if (typeof value === 'number') return String(value);
  return value ? l10n.t('on') : l10n.t('off');
}
