/** Attempts of a task to choose from, newest first. */
import { l10n, type QuickPickItem, window } from 'vscode';
import { lastErrorLine } from '../../queue/attempt';
import type { TaskDetails } from '../../queue/details';
import { runningAttempt } from '../../queue/output';
import { shorten, visible } from '../../tasks/words';
import { plain } from '../plainText';
import { endingWords, runningWords } from './attemptWords';
import { shortTitle } from './outputUri';

export interface AttemptPick extends QuickPickItem {
  attempt: number;
}

const REASON_LENGTH = 120;

export function attemptPicks(task: TaskDetails, now: number): AttemptPick[] {
  const running = runningAttempt(task);
  const ended = task.attempts.map(record => ({
    attempt: record.number,
    label: l10n.t('Attempt {0}', record.number),
    description: plain(endingWords(record, now).join(' · ')),
    detail: plain(visible(shorten(lastErrorLine(record), REASON_LENGTH))),
  }));
  if (running === undefined) return ended;
  const label = l10n.t('Attempt {0}', running);
  return [{ attempt: running, label, description: plain(runningWords(task)) }, ...ended];
}

/** Undefined when dismissed. */
export async function pickAttempt(
  task: TaskDetails,
  now: number,
): Promise<AttemptPick | undefined> {
  return window.showQuickPick(attemptPicks(task, now), {
    title: l10n.t('Output of {0}', plain(shortTitle(task.line))),
    placeHolder: l10n.t('Which attempt?'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
}

/** Two of them, older first; the newest two are chosen already. Undefined when dismissed. */
export async function pickTwoAttempts(
  task: TaskDetails,
  now: number,
): Promise<[AttemptPick, AttemptPick] | undefined> {
  const picks = attemptPicks(task, now);
  const list = window.createQuickPick<AttemptPick>();
  list.title = l10n.t('Compare attempts of {0}', plain(shortTitle(task.line)));
  list.placeholder = l10n.t('Which two attempts?');
  list.canSelectMany = true;
  list.matchOnDescription = true;
  list.items = picks;
  list.selectedItems = picks.slice(0, 2);
  try {
    return await new Promise(resolve => {
      list.onDidAccept(() => {
        const [newer, older, ...more] = picks.filter(pick => list.selectedItems.includes(pick));
        if (newer && older && more.length === 0) resolve([older, newer]);
        else list.placeholder = l10n.t('Choose two attempts, not {0}.', list.selectedItems.length);
      });
      list.onDidHide(() => resolve(undefined));
      list.show();
    });
  } finally {
    list.dispose();
  }
}
