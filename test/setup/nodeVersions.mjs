/** The Nodes that workers must run on, the newest of each that all processors of the tests have, from npm. */
import { join } from 'node:path';
import { cached, ensureInstalled, npmInstall } from './npmCache.mjs';

/** By their major version. */
export const NODE_VERSIONS = {
  18: '18.20.8',
  20: '20.20.2',
  22: '22.23.3',
  24: '24.21.0',
};

const versions = Object.values(NODE_VERSIONS);
const root = cached(`node-${process.arch}-${versions.join('-')}`);

/** @param {string} version one of `NODE_VERSIONS` */
export const nodeOf = version => join(root, 'node_modules', `node-${version}`, 'bin', 'node');

/** Installs them unless they are there. */
export function ensureNodeVersions() {
  const what = `Node ${versions.join(', ')}, on which workers are tested (700 MB)`;
  const wanted = versions.map(
    version => `node-${version}@npm:node-linux-${process.arch}@${version}`,
  );
  // They would all be `node`.
  return ensureInstalled(root, what, folder => npmInstall(folder, ['--no-bin-links', ...wanted]));
}
