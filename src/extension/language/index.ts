/**
 * Task files in the editor. What each feature needs is loaded when it is first asked for; until a task
 * file is open, nothing happens.
 */
import * as vscode from 'vscode';
import type { Store } from '../store/store';
import type { Problems } from '../submission/problems';
import { TaskDiagnostics } from './diagnostics';
import { LiveWorkers } from './liveWorkers';
import { FIX_ALL, LANGUAGE } from './names';
import type { QuickFixes } from './quickFixes';
import { TaskDocuments } from './taskDocuments';

export function registerTaskLanguage(store: Store, problems: Problems): vscode.Disposable[] {
  const documents = new TaskDocuments();
  const workers = new LiveWorkers(store, () => !documents.isEmpty);
  const { languages } = vscode;
  const selector = { language: LANGUAGE };
  return [
    documents,
    workers,
    new TaskDiagnostics(documents, problems, workers),
    quickFixes(documents),
    languages.registerCompletionItemProvider(
      selector,
      {
        provideCompletionItems: async (document, position) =>
          (await import('./completion')).completions(document, position),
      },
      ':',
    ),
    languages.registerHoverProvider(selector, {
      provideHover: async (document, position) =>
        (await import('./hover')).hover(store, document, position),
    }),
    codeLenses(documents),
  ];
}

function quickFixes(documents: TaskDocuments): vscode.Disposable {
  let loaded: Promise<QuickFixes> | undefined;
  const load = () => {
    loaded ??= import('./quickFixes').then(({ QuickFixes }) => new QuickFixes(documents));
    return loaded;
  };
  return vscode.languages.registerCodeActionsProvider(
    { language: LANGUAGE },
    {
      provideCodeActions: async (document, range, context) =>
        (await load()).provideCodeActions(document, range, context),
      resolveCodeAction: async action => (await load()).resolveCodeAction(action),
    },
    { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix, FIX_ALL] },
  );
}

/** Asked for anew when what they say has changed, and when the window comes to be trusted. */
function codeLenses(documents: TaskDocuments): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const registered = vscode.languages.registerCodeLensProvider(
    { language: LANGUAGE },
    {
      onDidChangeCodeLenses: changed.event,
      provideCodeLenses: async document =>
        (await import('./codeLenses')).codeLenses(documents, document),
    },
  );
  return vscode.Disposable.from(
    changed,
    registered,
    vscode.workspace.onDidGrantWorkspaceTrust(() => changed.fire()),
  );
}
