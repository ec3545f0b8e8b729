/** Links of a task's tooltip: commands on that task, which is named by its state and line. */
import { l10n } from 'vscode';
import type { TaskDetails } from '../../queue/details';

/** All that a link of a tooltip may run. */
export const LINKED_COMMANDS = [
  'distcomp.showOutput',
  'distcomp.retryTasks',
  'distcomp.cancelTasks',
  'distcomp.whyWaiting',
] as const;

type LinkedCommand = (typeof LINKED_COMMANDS)[number];

/** A longer line would stand in each link, and is better left to the context menu. */
const LONGEST = 8_000;

/** Markdown; empty when nothing can be done. `mayChange`: whether this window may change anything. */
export function taskLinks(
  queue: string,
  { line, state, attempts }: TaskDetails,
  mayChange: boolean,
): string {
  if (line.length > LONGEST || state === 'absent') return '';
  const task = { kind: 'task', queue, state, row: { line } };
  const links: string[] = [];
  const hasRun = state !== 'todo' || attempts.length > 0;
  if (hasRun) links.push(link(l10n.t('Show Output'), 'distcomp.showOutput', task));
  if (state === 'todo') {
    links.push(link(l10n.t('Why Is It Waiting?'), 'distcomp.whyWaiting', task));
  }
  if (mayChange && state === 'failed') {
    links.push(link(l10n.t('Retry'), 'distcomp.retryTasks', task));
  }
  if (mayChange && (state === 'todo' || state === 'in_progress')) {
    links.push(link(l10n.t('Cancel'), 'distcomp.cancelTasks', task));
  }
  return links.join(' · ');
}

/** What `encodeURIComponent` leaves alone means something in Markdown. */
function link(title: string, command: LinkedCommand, argument: object): string {
  const encoded = encodeURIComponent(JSON.stringify([argument])).replace(
    /[!'()*_~.-]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `[${title}](command:${command}?${encoded})`;
}
