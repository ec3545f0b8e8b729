/** What is said of workers, the same in terminal and editor. */
import { amount, clockTime, lasting, number, plural, took, visible } from '../tasks/words';
import { LOOKS_TO_LOSE } from './look';
import type { Outlier } from './outliers';
import type { LostWorker } from './recover';
import type { GoneWorker, QueueWorker } from './workers';

/** A heartbeat comes every two seconds, unless the configuration says otherwise. */
const LATE_MS = 10_000;

/**
 * `silent`: its heartbeat is late, and nobody knows yet whether it is lost. A worker of ours is forgotten
 * when it is found lost, an original stays.
 */
export type WorkerState = 'live' | 'silent' | 'lost';

export function workerState({
  kind,
  heartbeatAgeMs,
  looksWithoutChange,
}: QueueWorker): WorkerState {
  if (kind === 'original' && looksWithoutChange >= LOOKS_TO_LOSE) return 'lost';
  return heartbeatAgeMs !== undefined && heartbeatAgeMs < LATE_MS ? 'live' : 'silent';
}

// Made once: `localeCompare` would make one for each of the comparisons of a thousand names.
const names = new Intl.Collator('en', { numeric: true });

/** `node9~1` before `node10~1`. */
export const compareNames = (a: string, b: string): number => names.compare(a, b);

/** What is wrong, if anything: its heartbeat, that it drains, why it claims nothing. */
export function wrongWith(worker: QueueWorker, nowMs: number): string[] {
  const { draining, details, heartbeatAgeMs } = worker;
  const parts: string[] = [];
  const state = workerState(worker);
  if (state === 'lost') parts.push(lostSince(nowMs - (heartbeatAgeMs ?? 0), nowMs));
  else if (heartbeatAgeMs === undefined) parts.push('no heartbeat yet');
  else if (state === 'silent') parts.push(`no heartbeat for ${lasting(heartbeatAgeMs)}`);
  if (draining) parts.push('draining');
  if (details.problem !== undefined) parts.push(visible(details.problem));
  return parts;
}

/** In what it differs from the others: `fails 9 of 10`, `3 times slower than the rest`. */
export function outlierWords(outlier: Outlier): string {
  switch (outlier.kind) {
    case 'fails':
      return `fails ${number(outlier.failed)} of ${number(outlier.ended)}`;
    case 'slow': {
      const { times } = outlier;
      const shown = times < 9.95 ? Number(times.toFixed(1)) : Math.round(times);
      return `${number(shown)} times slower than the rest`;
    }
  }
}

/** `lost since 14:02`. */
export const lostSince = (sinceMs: number, nowMs: number): string =>
  `lost since ${clockTime(sinceMs, nowMs)}`;

/** `8 of 8 lanes`; undefined while it has not told. */
export const lanesInUse = ({ details: { lanes, running } }: QueueWorker): string | undefined =>
  lanes === undefined ? undefined : `${number(running ?? 0)} of ${plural(lanes, 'lane')}`;

export const memoryInUse = ({ load }: QueueWorker): string | undefined =>
  load && `${amount(load.usedGb)} of ${amount(load.totalGb)} GB`;

export const coresInUse = ({ load }: QueueWorker): string | undefined =>
  load && `${amount(load.usedCores)} of ${plural(Math.round(load.totalCores), 'core')}`;

/** `14/s`; undefined while nothing ends. */
export const rateOf = ({ details: { rate } }: QueueWorker): string | undefined =>
  rate ? `${rate < 10 ? rate.toFixed(1) : number(Math.round(rate))}/s` : undefined;

/** `9 of the last 50 failed`; undefined while nothing has ended. */
export const failuresOf = ({ details }: QueueWorker): string | undefined => {
  const { recent_ended: ended, recent_failed: failed = 0 } = details;
  return ended ? `${number(failed)} of the last ${number(ended)} failed` : undefined;
};

/** Of what finished lately, `4.2 s` or `35 ms`; undefined while nothing has. */
export const meanDurationOf = ({ details: { mean_ms: ms } }: QueueWorker): string | undefined =>
  ms === undefined ? undefined : ms < 100 ? `${amount(ms)} ms` : took(ms);

export const bufferedWords = (count: number): string => `${number(count)} buffered`;

/** Of an original, whose tasks are counted one by one. */
export const runningWords = (count: number): string => `${number(count)} running`;

/** All switches are on by default: what is off is what one looks for. */
export function switchedOff({ details: { switches } }: QueueWorker): string | undefined {
  const off = Object.entries(switches).filter(([, value]) => value === false || value === 0);
  if (off.length === 0) return undefined;
  return `off: ${off.map(([name]) => visible(name)).join(', ')}`;
}

/** `node4~1 has not answered for 31 s. Its 8 tasks went back to the queue.` */
export function lostWords({ worker, tasks, silentMs }: LostWorker): string {
  const since =
    silentMs === undefined ? 'never answered' : `has not answered for ${lasting(silentMs)}`;
  return `${visible(worker)} ${since}. ${wentBack(tasks)}`;
}

/** Of one that was lost earlier. */
export const goneWords = ({ tasks }: GoneWorker): string => wentBack(tasks);

function wentBack(tasks: number): string {
  if (tasks === 0) return 'It held no task.';
  const its = tasks === 1 ? 'Its task' : `Its ${number(tasks)} tasks`;
  return `${its} went back to the queue.`;
}

/** What was taken back from an original by force. */
export function forcedWords(worker: string, tasks: number): string {
  const whose = `${plural(tasks, 'task')} of ${visible(worker)} went back to the queue`;
  return tasks === 0 ? `${whose}: nothing stood under its name.` : `${whose}.`;
}

/** What is asked before workers drain, each named once. */
export function drainQuestion(names: readonly string[]): string {
  const [only = ''] = names;
  return names.length === 1
    ? `Drain ${visible(only)}? It takes nothing new, finishes what it runs, and ends. ${CANNOT_BE_UNDONE}`
    : `Drain ${number(names.length)} workers? They take nothing new, finish what they run, and end. ${CANNOT_BE_UNDONE}`;
}

const CANNOT_BE_UNDONE = 'This cannot be undone: others must be started in their place.';

/** What `drain` has done. */
export function drainWords(count: number): string {
  if (count === 1) return '1 worker drains: what it runs is finished, then it ends.';
  return `${number(count)} workers drain: what they run is finished, then they end.`;
}
