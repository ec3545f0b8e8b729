import * as vscode from 'vscode';
import { type Suggestion, suggestionsAt } from './suggestions';

export function completions(
  document: vscode.TextDocument,
  position: vscode.Position,
): vscode.CompletionItem[] {
  const suggestions = suggestionsAt(document.lineAt(position.line).text, position.character);
  return suggestions.map((suggestion, index) => itemOf(suggestion, index, position.line));
}

function itemOf(suggestion: Suggestion, index: number, line: number): vscode.CompletionItem {
  const { label, detail, text, isSnippet, start, end } = suggestion;
  const { Snippet, Keyword, Value } = vscode.CompletionItemKind;
  const kind = isSnippet ? Snippet : /^[a-z]/.test(label) ? Keyword : Value;
  const item = new vscode.CompletionItem({ label, description: detail }, kind);
  item.insertText = isSnippet ? new vscode.SnippetString(text) : text;
  item.range = new vscode.Range(line, start, line, end);
  // In this order, and not by letters: 16 stands behind 8.
  item.sortText = String(index).padStart(3, '0');
  return item;
}
