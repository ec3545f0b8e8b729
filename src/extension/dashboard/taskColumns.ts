/** The columns of the dashboard's table of tasks, by their state. Pure but for its language. */
import { l10n } from 'vscode';
import type { PageRow } from '../../queue/pages';
import { commandOf, isBuffered } from '../../queue/rowWords';
import type { TaskState } from '../../queue/states';
import { parseTask, type Task } from '../../tasks/task';
import { amount, lasting, number, plural, shorten, took, visible } from '../../tasks/words';
import type { ColumnOf } from './sorting';

/** The page shows less of it, and the tooltip of a cell all of this. */
const TEXT_LENGTH = 200;

/** @param nowMs Redis time */
export function taskColumns(state: TaskState, nowMs: number): ColumnOf<PageRow>[] {
  switch (state) {
    case 'todo':
      return [command(), priority(), memory(), cores(), attempts(), note()];
    case 'in_progress':
      return [command(), worker(), running(nowMs), attempts()];
    case 'failed':
      return [command(), reason(), worker(), attempts()];
    case 'finished':
      return [command(), result(), worker(), duration(), attempts()];
  }
}

const command = (): ColumnOf<PageRow> =>
  text('command', l10n.t('Command'), 40, ({ line }) => commandOf(line));

const worker = (): ColumnOf<PageRow> => text('worker', l10n.t('Worker'), 12, row => row.worker);

const reason = (): ColumnOf<PageRow> => text('reason', l10n.t('Reason'), 40, row => row.reason);

const result = (): ColumnOf<PageRow> => text('result', l10n.t('Result'), 40, row => row.result);

const attempts = (): ColumnOf<PageRow> =>
  figure('attempts', l10n.t('Attempts'), ({ attempts = 0 }) => attempts, number);

const duration = (): ColumnOf<PageRow> =>
  figure('duration', l10n.t('Duration'), row => row.milliseconds, took);

const priority = (): ColumnOf<PageRow> =>
  figure('priority', l10n.t('Priority'), row => taskOf(row)?.priority, String);

const memory = (): ColumnOf<PageRow> =>
  figure(
    'memory',
    l10n.t('Memory'),
    row => taskOf(row)?.memoryGb || undefined,
    gb => l10n.t('{0} GB', amount(gb)),
  );

const cores = (): ColumnOf<PageRow> =>
  figure(
    'cores',
    l10n.t('Cores'),
    row => taskOf(row)?.cpu || undefined,
    count => plural(count, 'core'),
  );

const note = (): ColumnOf<PageRow> =>
  text('note', l10n.t('Note'), 24, ({ waitingForRetry }) =>
    waitingForRetry ? l10n.t('waiting for another attempt') : undefined,
  );

/** How long it has run by now; those that are buffered have not begun. */
function running(nowMs: number): ColumnOf<PageRow> {
  const since = ({ startedAt }: PageRow) =>
    startedAt === undefined ? undefined : nowMs - startedAt;
  return {
    ...figure('running', l10n.t('Running for'), since, lasting),
    cell: row => {
      const ms = since(row);
      return isBuffered(row) ? l10n.t('buffered') : ms === undefined ? '' : lasting(ms);
    },
  };
}

function taskOf({ line }: PageRow): Task | undefined {
  const parsed = parseTask(line);
  return 'task' in parsed ? parsed.task : undefined;
}

function text(
  id: string,
  title: string,
  width: number,
  of: (row: PageRow) => string | undefined,
): ColumnOf<PageRow> {
  return {
    id,
    title,
    width,
    cell: row => visible(shorten(of(row) ?? '', TEXT_LENGTH)),
    isCut: row => (of(row) ?? '').length > TEXT_LENGTH,
    key: of,
  };
}

function figure(
  id: string,
  title: string,
  of: (row: PageRow) => number | undefined,
  words: (value: number) => string,
): ColumnOf<PageRow> {
  const cell = (row: PageRow) => {
    const value = of(row);
    return value === undefined ? '' : words(value);
  };
  return { id, title, width: 9, isFigure: true, cell, key: of };
}
