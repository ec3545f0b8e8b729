/**
 * The VS Code of the tests, where no desktop build can be downloaded: code-server and the Node it
 * wants, both from npm.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cached, ensureInstalled, isInstalled, npmInstall } from '../../setup/npmCache.mjs';

const CODE_SERVER = '4.139.1';
const NODE_MAJOR = '24';
const NODE_PACKAGE = `node-${process.platform}-${process.arch}`;
const root = cached(`code-server-${CODE_SERVER}-node${NODE_MAJOR}`);

/** Where things are in an installed copy. */
export const codeServer = {
  node: join(root, 'node_modules', NODE_PACKAGE, 'bin', 'node'),
  folder: join(root, 'node_modules', 'code-server', 'lib', 'vscode'),
  installed: () => isInstalled(root),
};

/** Installs it unless it is there. */
export function ensureCodeServer() {
  const what =
    `code-server ${CODE_SERVER} and Node ${NODE_MAJOR}, the VS Code that the tests drive ` +
    '(it takes a few minutes)';
  return ensureInstalled(root, what, async folder => {
    await npmInstall(folder, [`${NODE_PACKAGE}@${NODE_MAJOR}`]);
    const node = join(folder, 'node_modules', NODE_PACKAGE);
    const path = [join(node, 'bin'), process.env.PATH].join(delimiter);
    // Native modules are compiled for the Node that will load them, with the headers it brings.
    const headers = existsSync(join(node, 'include', 'node')) ? { npm_config_nodedir: node } : {};
    await npmInstall(folder, [`code-server@${CODE_SERVER}`], { PATH: path, ...headers });
  });
}
