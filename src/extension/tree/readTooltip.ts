import * as vscode from 'vscode';
import type { Queue } from '../../queue/queue';
import { taskLinks } from './links';
import { taskTooltip } from './tooltip';

/** Reads what the tooltip of a task says: all that is known of it, and of one to do why it waits. `now`: ms, Redis time. */
export async function readTooltip(
  queue: Queue,
  line: string,
  now: number,
): Promise<vscode.MarkdownString> {
  const { details } = await import('../../queue/details');
  const found = await details(queue, line);
  const links = taskLinks(queue.name, found, vscode.workspace.isTrusted);
  const waits = found.state === 'todo' ? await readWaiting(queue, line) : '';
  return taskTooltip(found, now, links, waits);
}

async function readWaiting(queue: Queue, line: string): Promise<string> {
  const [{ whyWaiting }, { waitingWords }] = await Promise.all([
    import('../../queue/waitingFacts'),
    import('../../queue/waitingWords'),
  ]);
  const { waiting } = await whyWaiting(queue, line);
  return waiting ? waitingWords(waiting) : '';
}
