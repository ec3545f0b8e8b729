import { stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { readTail } from '../../host/fileTail';
import { type AttemptOutput, findOutput } from '../../queue/output';
import { nothingYet, workerOf } from '../../queue/outputWords';
import { number, visible } from '../../tasks/words';
import type { App, Command } from '../app';
import { connectedQueue } from '../connection/connectedQueue';
import { inform } from '../notices';
import { chosenOutputs } from '../output/outputTargets';
import type { OutputTarget, Stream } from '../output/outputUri';

/** Opens the whole of standard output or standard error, or says on which host it is. */
export const openOutputFile: Command = async (app, node, nodes) => {
  const title = vscode.l10n.t('Open Output File');
  for (const target of await chosenOutputs(app, node, nodes, { title, openDocument: true })) {
    await openOne(app, target);
  }
};

async function openOne(app: App, target: OutputTarget): Promise<void> {
  const queue = await connectedQueue(app);
  if (!queue) return;
  const { details } = await import('../../queue/details');
  const task = await details(queue, target.line);
  const found = await findOutput(queue, task, target.attempt, readTail);
  const output = found.kind === 'none' ? undefined : found.output;
  if (!output) {
    inform(nothingYet(task));
    return;
  }
  const stream = target.stream ?? (await pickStream(output));
  if (!stream) return;
  const path = output.path && `${output.path}.${stream}`;
  if (path && output.source === 'file' && (await isHere(path))) {
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(path), { preview: false });
    return;
  }
  const record = found.kind === 'ended' ? found.record : undefined;
  const attempt = found.kind === 'running' ? found.attempt : record?.number;
  await app.outputs.show(
    { line: task.line, stream, ...(attempt === undefined ? {} : { attempt }) },
    { preview: false },
  );
  sayWhere(path, workerOf(task, record));
}

/** A path of another host, which no link can open. */
function sayWhere(path: string | undefined, worker: string): void {
  const { t } = vscode.l10n;
  if (!path) {
    inform(t('This is all that was kept: this attempt has no output files.'));
    return;
  }
  inform(t('All of it is with {0}, and not on this machine: {1}', visible(worker), visible(path)), {
    title: t('Copy Path'),
    run: () => vscode.env.clipboard.writeText(path),
  });
}

interface StreamPick extends vscode.QuickPickItem {
  stream: Stream;
}

async function pickStream({ source, out, err }: AttemptOutput): Promise<Stream | undefined> {
  const { t } = vscode.l10n;
  const size = (bytes: number) => (source === 'queue' ? '' : t('{0} bytes', number(bytes)));
  const picks: StreamPick[] = [
    { label: t('Standard Output'), description: size(out.bytes), stream: 'out' },
    { label: t('Standard Error'), description: size(err.bytes), stream: 'err' },
  ];
  const title = t('Open Output File');
  return (await vscode.window.showQuickPick(picks, { title }))?.stream;
}

const isHere = (path: string) =>
  stat(path).then(
    file => file.isFile(),
    () => false,
  );
