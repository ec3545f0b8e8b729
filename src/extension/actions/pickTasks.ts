/** Which tasks a command is about: those it was called on, or those picked from a list. */
import * as vscode from 'vscode';
import { type Counts, counts } from '../../queue/counts';
import { tasksIn } from '../../queue/lines';
import { page } from '../../queue/pages';
import type { Queue } from '../../queue/queue';
import { commandOf, describeRow } from '../../queue/rowWords';
import type { TaskState } from '../../queue/states';
import { plural, shorten, visible } from '../../tasks/words';
import type { App } from '../app';
import { chosenQueue } from '../connection/connectedQueue';
import { inform } from '../notices';
import { plain } from '../plainText';
import { PAGE_SIZE } from '../store/rows';
import { chosenNodes, type Node } from '../tree/nodes';
import { stateTitle } from '../tree/stateItems';

interface Wanted {
  title: string;
  /** In which states a task makes sense here; in this order they stand in the list. */
  states: readonly TaskState[];
  /** Whether the list offers all tasks of a state at once. */
  groups?: boolean;
  /** Asks for one task alone. */
  one?: true;
}

/** Tasks and whole groups of them. A group stands for all of its tasks, shown or not. */
export interface Chosen {
  queue: Queue;
  /** Each once, and none that is in one of the groups. */
  lines: string[];
  groups: TaskState[];
  /** How many tasks all of this is now. */
  count: number;
}

const LABEL_LENGTH = 100;

/** Lines of tasks, each once. Empty when there is none or the list was dismissed. */
export async function chosenTasks(
  app: App,
  node: unknown,
  nodes: unknown,
  wanted: Wanted,
): Promise<string[]> {
  const chosen = await chosenGroups(app, node, nodes, wanted);
  if (!chosen) return [];
  const lines = new Set(chosen.lines);
  for (const state of chosen.groups) {
    for await (const some of tasksIn(chosen.queue, state)) for (const line of some) lines.add(line);
  }
  return wanted.one && lines.size > 1 ? askWhich([...lines], wanted.title) : [...lines];
}

/** Of several that are selected, for a command about one. */
async function askWhich(lines: readonly string[], title: string): Promise<string[]> {
  const choices = lines.map(line => ({ label: labelOf(line), line }));
  const picked = await vscode.window.showQuickPick(choices, { title, placeHolder: whichTask() });
  return picked ? [picked.line] : [];
}

const whichTask = () => vscode.l10n.t('Which task?');
const labelOf = (line: string) => plain(visible(shorten(commandOf(line), LABEL_LENGTH)));

/** The same without reading what a group holds. Undefined when nothing was chosen. */
export async function chosenGroups(
  app: App,
  node: unknown,
  nodes: unknown,
  wanted: Wanted,
): Promise<Chosen | undefined> {
  const queue = await chosenQueue(app, node);
  if (!queue) return undefined;
  const called = chosenNodes(node, nodes);
  const now = await counts(queue);
  const picked =
    called.length > 0 ? named(app, queue, called, wanted) : await pick(app, queue, now, wanted);
  const groups = [
    ...new Set(picked.flatMap(({ line, state }) => (line === undefined ? state : []))),
  ];
  const lines = new Set(
    picked.flatMap(({ line, state }) => (line === undefined || groups.includes(state) ? [] : line)),
  );
  const count = groups.reduce((sum, state) => sum + countOf(now, state), lines.size);
  if (count === 0 && called.length > 0) tellNone(queue, wanted);
  return count === 0 ? undefined : { queue, lines: [...lines], groups, count };
}

/** A task, or without a line all tasks of a state. */
interface Picked {
  state: TaskState;
  line?: string;
}

function named(
  { filter }: App,
  queue: Queue,
  called: readonly Node[],
  { states }: Wanted,
): Picked[] {
  return called.flatMap(node => {
    if (node.kind !== 'task' && node.kind !== 'state' && node.kind !== 'matches') return [];
    // Of another queue than the item that was clicked: an id there would be another task.
    if (node.queue !== queue.name || !states.includes(node.state)) return [];
    const { state } = node;
    if (node.kind === 'state') return { state };
    const lines = node.kind === 'task' ? [node.row.line] : filter.found(state).lines;
    return lines.map(line => ({ state, line }));
  });
}

const countOf = ({ todo, inProgress, failed, finished }: Counts, state: TaskState): number =>
  ({ todo, in_progress: inProgress, failed, finished })[state];

interface Choice extends vscode.QuickPickItem {
  picks?: Picked;
}

/** What is selected in the tree is picked already: Enter accepts it. */
async function pick(app: App, queue: Queue, now: Counts, wanted: Wanted): Promise<Picked[]> {
  const { title, states, one } = wanted;
  const selected = new Set(
    app.view.selection.flatMap(node => (node.kind === 'task' ? [node.row.line] : [])),
  );
  const choices: Choice[] = [];
  for (const state of states) {
    choices.push(...(await choicesIn(app, queue, state, selected, wanted, countOf(now, state))));
  }
  if (choices.length === 0) {
    tellNone(queue, wanted);
    return [];
  }
  if (one) {
    const options = { title, placeHolder: whichTask(), matchOnDescription: true };
    const picked = await vscode.window.showQuickPick(choices, options);
    return picked?.picks ? [picked.picks] : [];
  }
  const picked = await vscode.window.showQuickPick(choices, {
    title,
    placeHolder: vscode.l10n.t('Which tasks?'),
    canPickMany: true,
    matchOnDescription: true,
  });
  return (picked ?? []).flatMap(choice => choice.picks ?? []);
}

function tellNone({ name }: Queue, { title }: Wanted): void {
  const none = vscode.l10n.t('There is no such task in queue "{0}".', name);
  inform(`${title}: ${none}`);
}

async function choicesIn(
  app: App,
  queue: Queue,
  state: TaskState,
  selected: ReadonlySet<string>,
  { groups = false }: Wanted,
  count: number,
): Promise<Choice[]> {
  const { rows, next } = await page(queue, state, undefined, PAGE_SIZE);
  if (rows.length === 0) return [];
  const { t } = vscode.l10n;
  const more = next === undefined ? '' : t(' (the first {0})', rows.length);
  const choices: Choice[] = [
    { label: stateTitle(state) + more, kind: vscode.QuickPickItemKind.Separator },
  ];
  if (groups && count > 1) {
    const label = t('All of {0}', stateTitle(state));
    choices.push({ label, description: plural(count, 'task'), picks: { state } });
  }
  for (const row of rows) {
    choices.push({
      label: labelOf(row.line),
      description: plain(describeRow(state, row, app.store.now())),
      picked: selected.has(row.line),
      picks: { state, line: row.line },
    });
  }
  return choices;
}
