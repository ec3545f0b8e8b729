/** Which tasks a command is about: those it was called on, or those picked from a list. */
import * as vscode from 'vscode';
import { page } from '../queue/pages';
import type { Queue } from '../queue/queue';
import type { TaskState } from '../queue/states';
import { shorten, visible } from '../tasks/words';
import type { App } from './app';
import { connectedQueue } from './connectedQueue';
import { inform } from './notices';
import { PAGE_SIZE } from './rows';
import { commandOf, describe, stateTitle } from './tree/items';
import { chosenNodes, type Node } from './tree/nodes';

interface Wanted {
  title: string;
  /** In which states a task makes sense here; in this order they stand in the list. */
  states: readonly TaskState[];
  /** Asks for one task alone. */
  one?: true;
}

const LABEL_LENGTH = 100;

/** Lines of tasks, each once. Empty when there is none or the list was dismissed. */
export async function chosenTasks(
  app: App,
  node: unknown,
  nodes: unknown,
  wanted: Wanted,
): Promise<string[]> {
  const queue = await connectedQueue(app);
  if (!queue) return [];
  const chosen = chosenNodes(node, nodes);
  if (chosen.length === 0) return pick(app, queue, wanted);
  const lines = new Set<string>();
  for (const each of chosen) {
    for await (const line of tasksOf(app, each, queue, wanted)) lines.add(line);
  }
  return [...lines];
}

/** A group stands for all of its tasks, shown or not. */
async function* tasksOf(
  { filter }: App,
  node: Node,
  queue: Queue,
  { states }: Wanted,
): AsyncGenerator<string> {
  if (node.kind === 'task' && states.includes(node.state)) yield node.row.line;
  if (node.kind === 'matches' && states.includes(node.state)) yield* filter.found(node.state).lines;
  if (node.kind !== 'state' || !states.includes(node.state)) return;
  let cursor: string | undefined;
  do {
    const found = await page(queue, node.state, cursor, 1_000);
    for (const row of found.rows) yield row.line;
    cursor = found.next;
  } while (cursor !== undefined);
}

interface Choice extends vscode.QuickPickItem {
  line?: string;
}

/** What is selected in the tree is picked already: Enter accepts it. */
async function pick(app: App, queue: Queue, { title, states, one }: Wanted): Promise<string[]> {
  const selected = new Set(
    app.view.selection.flatMap(node => (node.kind === 'task' ? [node.row.line] : [])),
  );
  const choices: Choice[] = [];
  for (const state of states) {
    const { rows, next } = await page(queue, state, undefined, PAGE_SIZE);
    if (rows.length === 0) continue;
    const more = next === undefined ? '' : vscode.l10n.t(' (the first {0})', rows.length);
    choices.push({ label: stateTitle(state) + more, kind: vscode.QuickPickItemKind.Separator });
    for (const row of rows) {
      choices.push({
        label: plain(visible(shorten(commandOf(row.line), LABEL_LENGTH))),
        description: plain(describe(state, row, app.store.now())),
        picked: selected.has(row.line),
        line: row.line,
      });
    }
  }
  if (choices.length === 0) {
    const none = vscode.l10n.t('There is no such task in queue "{0}".', queue.name);
    inform(`${title}: ${none}`);
    return [];
  }
  if (one) {
    const placeHolder = vscode.l10n.t('Which task?');
    const options = { title, placeHolder, matchOnDescription: true };
    const picked = await vscode.window.showQuickPick(choices, options);
    return picked?.line === undefined ? [] : [picked.line];
  }
  const picked = await vscode.window.showQuickPick(choices, {
    title,
    placeHolder: vscode.l10n.t('Which tasks?'),
    canPickMany: true,
    matchOnDescription: true,
  });
  return (picked ?? []).flatMap(choice => choice.line ?? []);
}

/** `$(date)` would be taken for an icon. */
const plain = (text: string) => text.replaceAll('$(', '\\$(');
