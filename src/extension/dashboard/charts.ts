/** The charts of the dashboard, from the minutes that the queue keeps. Pure but for its language. */
import { l10n } from 'vscode';
import type { Chart, Charts, Period, Series } from '../../protocol';
import type { ClusterMinute, Minute } from '../../queue/history';
import { number, plural } from '../../tasks/words';

const MINUTE_SECONDS = 60;

/** `nowSeconds`, Redis time: the last minute is as long as it has lasted. */
export function chartsOf(period: Period, minutes: readonly Minute[], nowSeconds: number): Charts {
  return {
    period,
    times: minutes.map(({ minute }) => minute * MINUTE_SECONDS),
    charts: [
      rateChart(minutes, nowSeconds),
      tasksChart(minutes),
      coresChart(minutes),
      memoryChart(minutes),
    ],
  };
}

function rateChart(minutes: readonly Minute[], nowSeconds: number): Chart {
  const rate = ({ minute }: Minute, count: number) => count / secondsOf(minute, nowSeconds);
  const [finished, failed] = [sum(minutes, 'finished'), sum(minutes, 'failed')];
  return {
    id: 'rate',
    title: l10n.t('Tasks a second'),
    sentence: l10n.t('{0} finished and {1} failed in this time.', number(finished), number(failed)),
    series: [
      line(
        l10n.t('finished'),
        'green',
        minutes.map(each => rate(each, each.finished)),
      ),
      line(
        l10n.t('failed'),
        'red',
        minutes.map(each => rate(each, each.failed)),
      ),
    ],
  };
}

function tasksChart(minutes: readonly Minute[]): Chart {
  const last = lastKnown(minutes);
  return {
    id: 'tasks',
    title: l10n.t('To do and running'),
    sentence: last
      ? l10n.t(
          '{0} to do; {1} of {2} running.',
          number(last.todo),
          number(last.running),
          plural(last.lanes, 'lane'),
        )
      : nothingKnown(),
    series: [
      line(l10n.t('to do'), 'foreground', gauge(minutes, 'todo')),
      line(l10n.t('running'), 'blue', gauge(minutes, 'running')),
      line(l10n.t('lanes'), 'green', gauge(minutes, 'lanes')),
    ],
  };
}

function coresChart(minutes: readonly Minute[]): Chart {
  const words = ({ usedCores, cores }: ClusterMinute) =>
    l10n.t('{0} of {1} in use.', number(usedCores), plural(cores, 'core'));
  return useChart(minutes, 'cores', l10n.t('Cores in use'), ['usedCores', 'cores'], words);
}

function memoryChart(minutes: readonly Minute[]): Chart {
  const gb = (value: number) => number(Math.round(value));
  const words = ({ usedGb, totalGb }: ClusterMinute) =>
    l10n.t('{0} of {1} GB in use.', gb(usedGb), gb(totalGb));
  return useChart(minutes, 'memory', l10n.t('Memory in use'), ['usedGb', 'totalGb'], words);
}

/** What is used beside all that there is. */
function useChart(
  minutes: readonly Minute[],
  id: string,
  title: string,
  [used, all]: [keyof ClusterMinute, keyof ClusterMinute],
  words: (last: ClusterMinute) => string,
): Chart {
  const last = lastKnown(minutes);
  return {
    id,
    title,
    sentence: last ? words(last) : nothingKnown(),
    series: [
      line(l10n.t('in use'), 'blue', gauge(minutes, used)),
      line(l10n.t('all'), 'foreground', gauge(minutes, all)),
    ],
  };
}

const nothingKnown = () => l10n.t('No worker told of this in this time.');

/** Of the minute that goes on, what has passed of it. */
function secondsOf(minute: number, nowSeconds: number): number {
  return Math.min(MINUTE_SECONDS, Math.max(1, nowSeconds - minute * MINUTE_SECONDS));
}

function line(label: string, color: Series['color'], values: (number | null)[]): Series {
  return { label, color, values };
}

function gauge(minutes: readonly Minute[], field: keyof ClusterMinute): (number | null)[] {
  return minutes.map(({ cluster }) => cluster?.[field] ?? null);
}

const lastKnown = (minutes: readonly Minute[]) =>
  minutes.findLast(({ cluster }) => cluster !== undefined)?.cluster;

const sum = (minutes: readonly Minute[], field: 'finished' | 'failed') =>
  minutes.reduce((total, minute) => total + minute[field], 0);
