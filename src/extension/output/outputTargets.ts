/** Whose output a command is about: what it was called on, the document that is open, or what is picked. */
import * as vscode from 'vscode';
import { details, type TaskDetails } from '../../queue/details';
import { number } from '../../tasks/words';
import { chosenTasks } from '../actions/pickTasks';
import type { App } from '../app';
import { connectedQueue } from '../connection/connectedQueue';
import { inform } from '../notices';
import { chosenNodes } from '../tree/nodes';
import { OUTPUT_SCHEME, type OutputTarget, parseOutputUri } from './outputUri';

/** More tabs than one can read at a time. */
export const MOST_OPENED = 8;

export interface Choice {
  title: string;
  /** Whether the output document that is open is meant, when nothing else is. */
  openDocument: boolean;
}

/** At most `MOST_OPENED`; says how many there were if there were more. */
export async function chosenOutputs(
  app: App,
  node: unknown,
  nodes: unknown,
  { title, openDocument }: Choice,
): Promise<OutputTarget[]> {
  if (isTarget(node)) return [node];
  const tasks = chosenNodes(node, nodes).filter(({ kind }) => kind === 'task');
  const uri = node instanceof vscode.Uri ? node : vscode.window.activeTextEditor?.document.uri;
  const open = uri?.scheme === OUTPUT_SCHEME ? openTarget(app, uri) : undefined;
  if (open && openDocument && tasks.length === 0) return [open];
  const states = ['failed', 'in_progress', 'finished'] as const;
  const lines = await chosenTasks(app, tasks[0], tasks, { title, states });
  if (lines.length > MOST_OPENED) {
    const { t } = vscode.l10n;
    const [shown, all] = [number(MOST_OPENED), number(lines.length)];
    inform(
      t('{0}: the first {1} of {2} tasks. Select fewer to see the others.', title, shown, all),
    );
  }
  return lines.slice(0, MOST_OPENED).map(line => ({ line }));
}

/** What is known of a task, for commands that ask about its attempts. */
export async function taskOf(app: App, { line }: OutputTarget): Promise<TaskDetails | undefined> {
  const queue = await connectedQueue(app);
  return queue && details(queue, line);
}

/** The attempt that the document shows. */
function openTarget(app: App, uri: vscode.Uri): OutputTarget | undefined {
  const line = app.outputs.shown(uri)?.task.line;
  if (line === undefined) return undefined;
  const { attempt, stream } = parseOutputUri(uri);
  return {
    line,
    ...(attempt === undefined ? {} : { attempt }),
    ...(stream === undefined ? {} : { stream }),
  };
}

function isTarget(value: unknown): value is OutputTarget {
  if (typeof value !== 'object' || value === null || 'kind' in value) return false;
  return 'line' in value && typeof value.line === 'string';
}
