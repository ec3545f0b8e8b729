/** The head of the dashboard, from what the store knows. */
import { l10n } from 'vscode';
import type { Overview, Segment } from '../../protocol';
import type { Counts } from '../../queue/counts';
import type { Overview as QueueOverview } from '../../queue/overview';
import { failuresLimit, runningLimit } from '../../tasks/limitWords';
import { paceSentences, type RunKnown, spentSentences } from '../../tasks/paceWords';
import { lasting, number, plural, visible } from '../../tasks/words';
import type { Speed } from '../store/standing';
import type { Store } from '../store/store';

export function overviewOf(store: Store, run: RunKnown): Overview {
  const { target, counts, overview, speed } = store;
  const title = target ? `${target.queue} @ ${visible(target.label)}` : 'DistComp';
  return {
    title,
    status: statusOf(store),
    ...(counts ? { segments: segmentsOf(counts) } : {}),
    sentences: overview ? sentencesOf(overview, speed, run) : [],
  };
}

function statusOf({ link }: Store): Overview['status'] {
  switch (link.state) {
    case 'unconfigured':
      return problem(l10n.t('No queue is connected in this window.'));
    case 'connecting':
      return { kind: 'waiting', text: l10n.t('connecting') };
    case 'refused':
      return problem(link.error.message);
    case 'stale': {
      const since = lasting(performance.now() - link.since);
      return { kind: 'waiting', text: l10n.t('stale {0} · reconnecting', since) };
    }
    case 'live':
      return { kind: 'live', text: l10n.t('live') };
  }
}

const problem = (text: string): Overview['status'] => ({
  kind: 'problem',
  text: visible(text),
  remedy: { action: 'connect', text: l10n.t('Connect…') },
});

function segmentsOf({ finished, inProgress, todo, failed }: Counts): Segment[] {
  return [
    { state: 'finished', count: finished, text: l10n.t('{0} finished', number(finished)) },
    {
      state: 'in_progress',
      count: inProgress,
      text: l10n.t('{0} in progress', number(inProgress)),
    },
    { state: 'todo', count: todo, text: l10n.t('{0} to do', number(todo)) },
    { state: 'failed', count: failed, text: l10n.t('{0} failed', number(failed)) },
  ];
}

/** When it ends and how fast it gets on, or what stops it, before what is fine. */
function sentencesOf(overview: QueueOverview, speed: Speed, run: RunKnown): string[] {
  const { waitingForRetry, workers, limits, held } = overview.counts;
  const known = overview.progress.besideOriginal ? 'original' : run;
  return [
    ...paceSentences(speed.parts, speed.leftWithRange, known),
    ...spentSentences(overview.spent),
    runningLimit(limits, held),
    failuresLimit(limits),
    workers > 0 ? plural(workers, 'worker') : '',
    waitingForRetry > 0 ? l10n.t('{0} waiting for another attempt', number(waitingForRetry)) : '',
  ].filter(Boolean);
}
