/** Errors as people meet them: what happened, and a button for what to do next. */
import * as vscode from 'vscode';

interface Remedy {
  title: string;
  run(): Thenable<unknown>;
}

const command = (title: string, id: string, ...args: unknown[]): Remedy => ({
  title,
  run: () => vscode.commands.executeCommand(id, ...args),
});

/** Shows the error and runs the remedy that is chosen. */
export async function showError(error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  const remedies = remediesFor(error);
  const titles = remedies.map(remedy => remedy.title);
  const chosen = await vscode.window.showErrorMessage(message, ...titles);
  await remedies.find(remedy => remedy.title === chosen)?.run();
}

function remediesFor(error: unknown): Remedy[] {
  const { t } = vscode.l10n;
  if (!(error instanceof Error)) return [];
  if (error.name === 'RedisServerMissing') {
    const hint = 'hint' in error ? String(error.hint) : '';
    return [
      { title: t('Copy'), run: () => vscode.env.clipboard.writeText(hint) },
      command(t('Use Another Redis…'), 'distcomp.connect'),
    ];
  }
  if (error.name === 'RedisUnreachable') {
    return [
      command(t('Connect…'), 'distcomp.connect'),
      command(t('Start Local Cluster'), 'distcomp.startLocalCluster'),
    ];
  }
  return [command(t('Show Log'), 'distcomp.showLog')];
}
