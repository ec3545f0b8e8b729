import * as vscode from 'vscode';
import { type MemoryOfTasks, memoryOfTasks, moreMemoryGb } from '../../queue/memory';
import { page } from '../../queue/pages';
import { plural } from '../../tasks/words';
import { type Chosen, chosenGroups } from '../actions/pickTasks';
import { retryingOf, retryTasksOf } from '../actions/retrying';
import type { Command } from '../app';
import { isTrusted } from '../trust';

const MOST_GB = 9_999;
/** Of a group, so many tell what memory to suggest. */
const LOOKED_AT = 100;

/** Failed tasks run again where they have so much memory. Asks how much, and suggests from what was seen. */
export const retryWithMemory: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const chosen = await chosenGroups(app, node, nodes, {
    title: vscode.l10n.t('Retry with More Memory'),
    states: ['failed'],
    groups: true,
  });
  if (!chosen) return;
  const memoryGb = await askMemory(
    chosen,
    await memoryOfTasks(chosen.queue, await someLines(chosen)),
  );
  if (memoryGb) await retryTasksOf(app, chosen.queue, retryingOf(chosen), { memoryGb });
};

async function someLines({ queue, lines, groups }: Chosen): Promise<string[]> {
  if (groups.length === 0) return lines;
  const { rows } = await page(queue, 'failed', undefined, LOOKED_AT);
  return rows.map(({ line }) => line);
}

async function askMemory({ count }: Chosen, seen: MemoryOfTasks): Promise<number | undefined> {
  const { t } = vscode.l10n;
  const needed = seen.needGb > 0 ? t('They had to have {0} GB.', seen.needGb) : '';
  const peak =
    seen.peakGb === undefined ? '' : t('The most seen was {0} GB.', seen.peakGb.toFixed(1));
  const text = await vscode.window.showInputBox({
    title: t('Retry with More Memory: {0}', plural(count, 'failed task')),
    prompt: [t('How many GB must each of them have from now on?'), peak, needed]
      .filter(Boolean)
      .join(' '),
    value: String(Math.min(moreMemoryGb(seen), MOST_GB)),
    // Stays while somebody looks at what the tasks did.
    ignoreFocusOut: true,
    validateInput: value =>
      isMemory(value.trim()) ? undefined : t('Write a whole number from 1 to 9,999.'),
  });
  return text && isMemory(text.trim()) ? Number(text) : undefined;
}

const isMemory = (text: string) => /^[1-9]\d{0,3}$/.test(text);
