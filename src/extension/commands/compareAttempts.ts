import * as vscode from 'vscode';
import type { TaskDetails } from '../../queue/details';
import type { App, Command } from '../app';
import { inform } from '../notices';
import { attemptPicks, pickTwoAttempts } from '../output/attemptPicks';
import { chosenOutputs, taskOf } from '../output/outputTargets';
import { type Stream, shortTitle, streamTitle } from '../output/outputUri';

/** Shows what two attempts of a task printed side by side, in the diff editor. */
export const compareAttempts: Command = async (app, node, nodes) => {
  const { t } = vscode.l10n;
  const title = t('Compare Attempts');
  const targets = await chosenOutputs(app, node, nodes, { title, openDocument: true });
  const found = await Promise.all(targets.map(target => taskOf(app, target)));
  const tasks = found.flatMap(task => (task && attemptPicks(task, 0).length > 1 ? [task] : []));
  const [only] = tasks;
  if (!only) {
    if (targets.length > 0) inform(t('{0}: there are no two attempts to compare.', title));
    return;
  }
  // Of several tasks, the newest two of each.
  const two = tasks.length === 1 ? await twoAttempts(app, only) : undefined;
  if (tasks.length === 1 && !two) return;
  const stream = await pickStreams();
  if (!stream) return;
  for (const task of tasks) await compare(app, task, two ?? newestTwo(task), stream.stream);
};

type Two = [older: number, newer: number];

function newestTwo(task: TaskDetails): Two {
  const [newer, older] = attemptPicks(task, 0);
  return [older?.attempt ?? 0, newer?.attempt ?? 0];
}

/** Nobody is asked where there is nothing to choose. */
async function twoAttempts(app: App, task: TaskDetails): Promise<Two | undefined> {
  if (attemptPicks(task, 0).length === 2) return newestTwo(task);
  const picked = await pickTwoAttempts(task, app.store.now());
  return picked && [picked[0].attempt, picked[1].attempt];
}

interface StreamPick extends vscode.QuickPickItem {
  stream?: Stream;
}

async function pickStreams(): Promise<StreamPick | undefined> {
  const { t } = vscode.l10n;
  const picks: StreamPick[] = [
    { label: t('Standard Output and Standard Error') },
    { label: t('Standard Output'), stream: 'out' },
    { label: t('Standard Error'), stream: 'err' },
  ];
  return vscode.window.showQuickPick(picks, { title: t('Compare Attempts') });
}

async function compare(
  app: App,
  { line }: TaskDetails,
  [older, newer]: Two,
  stream: Stream | undefined,
): Promise<void> {
  const target = { line, bare: true, ...(stream ? { stream } : {}) };
  const title = [
    vscode.l10n.t('Attempts {0} ↔ {1}', older, newer),
    ...(stream ? [streamTitle(stream)] : []),
    shortTitle(line),
  ].join(' · ');
  await vscode.commands.executeCommand(
    'vscode.diff',
    app.outputs.uri({ ...target, attempt: older }),
    app.outputs.uri({ ...target, attempt: newer }),
    title,
    { preview: false },
  );
}
