import * as vscode from 'vscode';

/** The language of task files, as package.json names it. */
export const LANGUAGE = 'distcomp-tasks';

/** For `editor.codeActionsOnSave`: all remedies that can be carried out. */
export const FIX_ALL = vscode.CodeActionKind.SourceFixAll.append('distcomp');
