/** VS Code's own server out of code-server: one workbench for one test run, in folders of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { codeServer } from './codeServer.mjs';

const built = fileURLToPath(new URL('../../../dist/test', import.meta.url));

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

async function writeSettings(folder, content) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'settings.json'), JSON.stringify(content, null, 2));
}

/**
 * Starts a server on a free loopback port.
 * @param {object} [options]
 * @param {string} [options.vsix] an extension to install first
 * @param {boolean} [options.suite] obey a payload that names a test suite; shows no notices then
 * @param {boolean} [options.workspaceTrust] ask for trust as a desktop does; default: all is trusted
 * @param {Record<string, unknown>} [options.settings] user settings
 * @param {Record<string, unknown>} [options.machineSettings] those that only the machine of the server may set
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
  await writeSettings(join(userData, 'User'), { ...settings, ...options.settings });
  if (options.machineSettings) {
    await writeSettings(join(userData, 'Machine'), options.machineSettings);
  }
  try {
    if (options.vsix) await installExtension(options.vsix, join(folder, 'extensions'));
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
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
      env: { ...process.env, EXTENSIONS_GALLERY: '{}', DISTCOMP_TEST_RUN: folder },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = once(server, 'exit');
  const endRun = guard(server.pid, folder);
  const output = collect(server);
  const stop = async () => {
    // Asked first, so that extensions are deactivated as at the end of a window.
    server.kill('SIGTERM');
    await Promise.race([ended, sleep(5_000, undefined, { ref: false })]);
    await endRun();
  };
  try {
    const port = await Promise.race([
      // The whole line: a part of it may come first.
      output.match(/Extension host agent listening on (\d+)\n/),
      ended.then(() => Promise.reject(new Error(`VS Code's server ended:\n${output.text()}`))),
    ]);
    return { url: `http://127.0.0.1:${port}/`, folder, ended, output: output.text, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** VS Code installs a package once, which takes seconds; each server has a copy of what came of it. */
async function installExtension(vsix, extensions) {
  const hash = createHash('sha256')
    .update(await readFile(vsix))
    .digest('hex')
    .slice(0, 16);
  const installed = join(built, `installed-${hash}`);
  if (!existsSync(installed)) {
    await mkdir(built, { recursive: true });
    const aside = await mkdtemp(`${installed}-`);
    installInto(vsix, aside);
    // Another run may have been faster.
    await rename(join(aside, 'extensions'), installed).catch(() => undefined);
    await rm(aside, { recursive: true, force: true });
  }
  await cp(installed, extensions, { recursive: true });
}

function installInto(vsix, folder) {
  const folders = ['user-data', 'server-data', 'extensions'].flatMap(name => [
    `--${name}-dir`,
    join(folder, name),
  ]);
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

/**
 * Ends all that the server started, and removes its folder, when the returned function is called or
 * this process is gone, however it went.
 */
function guard(server, folder) {
  const script = join(import.meta.dirname, 'guard.sh');
  const child = spawn('/bin/sh', [script, String(server), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const ended = once(child, 'exit');
  return async () => {
    child.stdin.end();
    await ended;
  };
}
