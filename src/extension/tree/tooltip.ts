/** The tooltip of a task: all that is known about it. Text of others stands in code blocks only. */
import { l10n, MarkdownString } from 'vscode';
import { lastErrorLine } from '../../queue/attempt';
import type { TaskDetails } from '../../queue/details';
import { parseTask } from '../../tasks/task';
import { number, shorten, visible } from '../../tasks/words';
import { attemptWords } from '../output/attemptWords';
import { LINKED_COMMANDS } from './links';

const LINE_LENGTH = 2_000;
const ATTEMPTS_SHOWN = 5;

/** `links`: what can be done with the task, by `taskLinks`. `waits`: why it waits, a sentence or two. */
export function taskTooltip(
  details: TaskDetails,
  now: number,
  links: string,
  waits: string,
): MarkdownString {
  const tooltip = new MarkdownString();
  // Links of ours work, and lead to nothing but these.
  tooltip.isTrusted = { enabledCommands: LINKED_COMMANDS };
  tooltip.appendMarkdown(codeBlock(shorten(details.line, LINE_LENGTH)));
  tooltip.appendText(needs(details));
  if (waits !== '') tooltip.appendMarkdown('\n\n').appendText(waits);
  for (const attempt of details.attempts.slice(0, ATTEMPTS_SHOWN)) {
    tooltip.appendMarkdown('\n\n');
    tooltip.appendText(attemptWords(attempt, now));
    const said = lastErrorLine(attempt);
    if (said) tooltip.appendMarkdown(codeBlock(shorten(said, LINE_LENGTH)));
  }
  const hidden = details.attempts.length - ATTEMPTS_SHOWN;
  if (hidden > 0) tooltip.appendText(`\n${l10n.t('and {0} earlier attempts', number(hidden))}`);
  if (links !== '') tooltip.appendMarkdown(`\n\n${links}`);
  return tooltip;
}

/** `Priority 5 · 4 GB · 2 cores · timeout 60 s · id 3f9a1c…`. */
function needs(details: TaskDetails): string {
  const parsed = parseTask(details.line);
  if ('problem' in parsed) return visible(parsed.problem.message);
  const { priority, memoryGb, cpu, timeoutSeconds } = parsed.task;
  const memory = details.needMemoryGb ?? memoryGb;
  return [
    l10n.t('Priority {0}', number(priority)),
    memory > 0 ? l10n.t('{0} GB', number(memory)) : '',
    cpu > 0 ? (cpu === 1 ? l10n.t('1 core') : l10n.t('{0} cores', number(cpu))) : '',
    timeoutSeconds ? l10n.t('timeout {0} s', number(timeoutSeconds)) : '',
    l10n.t('id {0}', details.id),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** A fence longer than any run of backticks in the text: the text cannot end it. */
function codeBlock(text: string): string {
  const runs = text.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...runs.map(run => run.length + 1)));
  return `\n${fence}text\n${visible(text)}\n${fence}\n`;
}
