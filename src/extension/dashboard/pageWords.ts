/** What the dashboard's page says by itself, in the language of the window. */
import { env, l10n } from 'vscode';
import type { PageWords } from '../../protocol';

export const pageWords = (): PageWords => ({
  language: env.language,
  periods: {
    5: l10n.t('last 5 min'),
    15: l10n.t('last 15 min'),
    60: l10n.t('last hour'),
    360: l10n.t('last 6 h'),
    1440: l10n.t('last 24 h'),
  },
  tabs: {
    failures: l10n.t('Failures'),
    workers: l10n.t('Workers'),
    tasks: l10n.t('Tasks'),
  },
  states: {
    in_progress: l10n.t('In progress'),
    failed: l10n.t('Failed'),
    todo: l10n.t('To do'),
    finished: l10n.t('Finished'),
  },
  failures: {
    tasks: l10n.t('Tasks'),
    how: l10n.t('How'),
    where: l10n.t('Where'),
    when: l10n.t('When'),
    example: l10n.t('For example'),
  },
  moreMemory: l10n.t('More Memory…'),
  search: l10n.t('Search'),
  selected: l10n.t('{0} selected'),
  labels: {
    period: l10n.t('Time that the charts show'),
    details: l10n.t('Details'),
    failures: l10n.t('Failures by kind'),
    retryWithMemory: l10n.t('Retry with more memory'),
    showOutputOf: l10n.t('Show the output of: {0}'),
    selectAll: l10n.t('Select all that are loaded, or none'),
    sortBy: l10n.t('Sort by: {0}'),
    state: l10n.t('State of the tasks'),
    search: l10n.t('Text of the line, its worker, its result or the reason of its failure'),
  },
});
