/** Notices: what happened, and buttons for what to do next. Nobody waits for their answer. */
import * as vscode from 'vscode';

export interface Remedy {
  title: string;
  run(): Thenable<unknown>;
}

type Show = (message: string, ...titles: string[]) => Thenable<string | undefined>;

/** A button that runs a command. */
export const command = (title: string, id: string, ...args: unknown[]): Remedy => ({
  title,
  run: () => vscode.commands.executeCommand(id, ...args),
});

export function inform(message: string, ...remedies: Remedy[]): void {
  show(vscode.window.showInformationMessage, message, remedies);
}

export function warn(message: string, ...remedies: Remedy[]): void {
  show(vscode.window.showWarningMessage, message, remedies);
}

/** What went wrong, with remedies that only its caller knows. */
export function fail(message: string, ...remedies: Remedy[]): void {
  show(vscode.window.showErrorMessage, message, remedies);
}

/** Shows an error with the remedies for its kind. */
export function showError(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  fail(message, ...remediesFor(error));
}

function show(how: Show, message: string, remedies: Remedy[]): void {
  void how(message, ...remedies.map(({ title }) => title)).then(
    chosen => void answer(remedies.find(({ title }) => title === chosen)),
    // The window is gone, and with it whoever could read another notice.
    () => undefined,
  );
}

async function answer(remedy: Remedy | undefined): Promise<void> {
  try {
    await remedy?.run();
  } catch (error) {
    showError(error);
  }
}

function remediesFor(error: unknown): Remedy[] {
  const { t } = vscode.l10n;
  const showLog = command(t('Show Log'), 'distcomp.showLog');
  if (!(error instanceof Error)) return [showLog];
  switch (error.name) {
    case 'RedisServerMissing': {
      const hint = 'hint' in error ? String(error.hint) : '';
      return [
        { title: t('Copy'), run: () => vscode.env.clipboard.writeText(hint) },
        command(t('Use Another Redis…'), 'distcomp.connect'),
      ];
    }
    case 'RedisUnreachable':
      return 'kind' in error && error.kind === 'refused_password'
        ? [command(t('Enter Password…'), 'distcomp.connect', { again: true })]
        : [
            command(t('Connect…'), 'distcomp.connect'),
            command(t('Start Local Cluster'), 'distcomp.startLocalCluster'),
          ];
    default:
      return [showLog];
  }
}
