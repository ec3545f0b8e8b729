/** What an output document says: the task, its newest attempt, what that printed, earlier attempts. */
import { l10n } from 'vscode';
import { readTail } from '../host/fileTail';
import type { AttemptRecord } from '../queue/attempt';
import type { TaskDetails } from '../queue/details';
import { lasting, number, visible } from '../tasks/words';
import { attemptWords } from './attemptWords';
import { stateTitle } from './tree/items';

/** `now`: milliseconds, Redis time. */
export async function outputText(details: TaskDetails, now: number): Promise<string> {
  const [newest, ...earlier] = details.attempts;
  const parts = [`${visible(details.line)}\n${stateWords(details, now)}\n`];
  if (newest) parts.push(...(await attemptParts(details, newest, now)));
  if (earlier.length > 0) {
    const words = earlier.map(attempt => `${attemptWords(attempt, now)}\n`);
    parts.push(section(l10n.t('earlier attempts'), words.join('')));
  }
  return parts.join('\n');
}

function stateWords(details: TaskDetails, now: number): string {
  const { state, worker, startedAt } = details;
  if (state === 'absent') return l10n.t('This task is not in the queue any more.');
  if (state !== 'in_progress') return stateTitle(state);
  const where = visible(worker ?? '');
  if (startedAt === undefined) return l10n.t('In progress on {0}, not started yet', where);
  return l10n.t('Running on {0} for {1}', where, lasting(now - startedAt));
}

async function attemptParts(
  details: TaskDetails,
  attempt: AttemptRecord,
  now: number,
): Promise<string[]> {
  const kept = details.state === 'finished' ? details.result : undefined;
  return [
    `${attemptWords(attempt, now)}\n`,
    await stream(l10n.t('standard output'), attempt, '.out', attempt.out ?? kept),
    await stream(l10n.t('standard error'), attempt, '.err', attempt.err ?? details.reason),
  ];
}

/** One stream of an attempt: from its file if that is here, else what Redis keeps of it. */
async function stream(
  name: string,
  { path, worker }: AttemptRecord,
  suffix: '.out' | '.err',
  kept: string | undefined,
): Promise<string> {
  const file = path === undefined ? undefined : path + suffix;
  const tail = file === undefined ? undefined : await readTail(file);
  if (tail) {
    const cut = l10n.t(
      '{0}: the end of {1} bytes, all of them in {2}',
      name,
      number(tail.bytes),
      visible(file ?? ''),
    );
    return section(tail.cut ? cut : name, tail.text);
  }
  const end = l10n.t(
    '{0}: what the queue keeps; all of it in {1} on {2}',
    name,
    visible(file ?? ''),
    visible(worker),
  );
  return section(file !== undefined && kept ? end : name, kept ?? '');
}

function section(title: string, text: string): string {
  const body = text === '' ? l10n.t('(nothing)') : text.trimEnd();
  return `──── ${title} ────\n${body}\n`;
}
