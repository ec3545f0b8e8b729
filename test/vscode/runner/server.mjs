/** VS Code's own server out of code-server: one workbench for one test run, in folders of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeServer } from './codeServer.mjs';

/** A quiet window that looks the same in every run. */
const settings = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.tree.enableStickyScroll': false,
};

/**
 * Starts a server on a free loopback port.
 * @param {object} [options]
 * @param {string} [options.vsix] an extension to install first
 * @param {boolean} [options.suite] obey a payload that names a test suite; shows no notices then
 * @param {boolean} [options.workspaceTrust] ask for trust as a desktop does; default: all is trusted
 * @param {Record<string, unknown>} [options.settings] user settings
 */
export async function startServer(options = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'distcomp-vscode-'));
  const userData = join(folder, 'user-data');
  const folders = [
    '--user-data-dir',
    userData,
    '--server-data-dir',
    join(folder, 'server-data'),
    '--extensions-dir',
    join(folder, 'extensions'),
  ];
  await mkdir(join(userData, 'User'), { recursive: true });
  await writeFile(
    join(userData, 'User', 'settings.json'),
    JSON.stringify({ ...settings, ...options.settings }, null, 2),
  );
  if (options.vsix) installExtension(options.vsix, folders);
  const server = spawn(
    codeServer.node,
    [
      'out/server-main.js',
      ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token'],
      ...['--accept-server-license-terms', '--telemetry-level', 'off'],
      ...(options.suite ? ['--enable-smoke-test-driver'] : []),
      ...(options.workspaceTrust ? [] : ['--disable-workspace-trust']),
      ...folders,
    ],
    {
      cwd: codeServer.folder,
      // No marketplace: a run is the same with and without a network.
      env: { ...process.env, EXTENSIONS_GALLERY: '{}' },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = once(server, 'exit');
  const dismissGuard = guardGroup(server.pid, folder);
  const output = collect(server);
  const stop = async () => {
    signalGroup(server.pid, 'SIGTERM');
    const timer = setTimeout(() => signalGroup(server.pid, 'SIGKILL'), 5_000);
    await ended;
    clearTimeout(timer);
    // Its children (extension hosts, terminals' host) may outlive it for a moment.
    signalGroup(server.pid, 'SIGKILL');
    await dismissGuard();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const port = await Promise.race([
      output.match(/Extension host agent listening on (\d+)/),
      ended.then(() => Promise.reject(new Error(`VS Code's server ended:\n${output.text()}`))),
    ]);
    return { url: `http://127.0.0.1:${port}/`, folder, ended, output: output.text, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function installExtension(vsix, folders) {
  const args = ['out/server-main.js', '--install-extension', vsix, ...folders];
  const { status, stdout, stderr } = spawnSync(codeServer.node, args, {
    cwd: codeServer.folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${vsix} was not installed:\n${stdout}${stderr}`);
}

/** What the server printed, and a promise of a line in it. */
function collect(server) {
  let text = '';
  const watchers = new Set();
  for (const stream of [server.stdout, server.stderr])
    stream.setEncoding('utf8').on('data', chunk => {
      text += chunk;
      for (const watcher of watchers) watcher();
    });
  const match = pattern =>
    new Promise(resolve => {
      const look = () => {
        const found = pattern.exec(text);
        if (!found) return;
        watchers.delete(look);
        resolve(found[1]);
      };
      watchers.add(look);
      look();
    });
  return { text: () => text, match };
}

/** Ends the server and removes its folder when this process is gone, however it went. */
function guardGroup(leader, folder) {
  const script = 'read -r _; kill -KILL "-$1"; rm -rf -- "$2"';
  const guard = spawn('/bin/sh', ['-c', script, 'guard', String(leader), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  return async () => {
    const gone = once(guard, 'exit');
    guard.kill('SIGKILL');
    await gone;
  };
}

function signalGroup(leader, signal) {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    // ESRCH: nobody is left, which is what we want.
    if (error.code !== 'ESRCH') throw error;
  }
}
