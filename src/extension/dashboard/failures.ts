/** The failures of the dashboard, by kind. Pure but for its language. */
import { l10n } from 'vscode';
import type { FailureRow, Failures } from '../../protocol';
import type { FailureSummaries, FailureSummary } from '../../queue/failureSummaries';
import { shareOf, whenFailed, whereFailed } from '../../queue/failureWords';
import { commandOf } from '../../queue/rowWords';
import { number, plural, shorten, visible } from '../../tasks/words';
import { opaqueId } from './opaqueId';

/** More kinds than that are no overview. */
export const MOST_KINDS = 20;

const SAMPLE_LENGTH = 120;

/** @param nowMs Redis time */
export function failuresOf(
  { kinds, failed, summaries }: FailureSummaries,
  nowMs: number,
): Failures {
  return {
    rows: summaries.map(summary => rowOf(summary, failed, nowMs)),
    sentence: sentencesOf(kinds, summaries, failed).join(' '),
  };
}

function rowOf(summary: FailureSummary, failed: number, nowMs: number): FailureRow {
  const { signature, count, sample } = summary;
  return {
    id: opaqueId(signature),
    count: number(count),
    share: shareOf(count, failed),
    signature: visible(signature),
    where: whereFailed(summary),
    when: whenFailed(summary, nowMs),
    sample: sample === undefined ? '' : visible(shorten(commandOf(sample), SAMPLE_LENGTH)),
    retry: l10n.t('Retry {0}', number(count)),
  };
}

function sentencesOf(
  kinds: number,
  summaries: readonly FailureSummary[],
  failed: number,
): string[] {
  if (failed === 0) return [l10n.t('No task has failed.')];
  const sentences: string[] = [];
  if (kinds > summaries.length) {
    sentences.push(l10n.t('{0} more.', plural(kinds - summaries.length, 'kind')));
    return sentences;
  }
  const unknown = failed - summaries.reduce((sum, { count }) => sum + count, 0);
  if (unknown > 0) {
    sentences.push(
      l10n.t(
        'Of {0} it is not known how: no worker of DistComp ran them.',
        plural(unknown, 'task'),
      ),
    );
  }
  return sentences;
}
