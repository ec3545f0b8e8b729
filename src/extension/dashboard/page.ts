/** The HTML around the dashboard's page: nothing runs or loads but what carries this page's nonce. */
import { randomBytes } from 'node:crypto';
import { l10n, Uri, type Webview } from 'vscode';
import { pageWords } from './pageWords';

export function pageHtml(webview: Webview, extensionUri: Uri): string {
  const nonce = randomBytes(16).toString('base64');
  const file = (name: string) => webview.asWebviewUri(Uri.joinPath(extensionUri, 'dist', name));
  const words = pageWords();
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="${inAttribute(words.language)}">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta property="csp-nonce" content="${nonce}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="stylesheet" nonce="${nonce}" href="${file('dashboard.css')}">
  <title>${l10n.t('DistComp Dashboard')}</title>
</head>
<body>
  <main id="dashboard" data-words="${inAttribute(JSON.stringify(words))}"></main>
  <script nonce="${nonce}" src="${file('dashboard.js')}"></script>
</body>
</html>`;
}

const inAttribute = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
