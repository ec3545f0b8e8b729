/**
 * The VS Code of the tests, where no desktop build can be downloaded: code-server and the Node it
 * wants, both from npm, in a cache folder outside the project and named after their versions.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const CODE_SERVER = '4.139.1';
const NODE_MAJOR = '24';
const NODE_PACKAGE = `node-${process.platform}-${process.arch}`;
const cache = process.env.DISTCOMP_TEST_CACHE ?? join(homedir(), '.cache', 'distcomp-test');
const root = join(cache, `code-server-${CODE_SERVER}-node${NODE_MAJOR}`);

/** An install takes minutes, even on a slow machine: an older lock has no living owner. */
const LOCK_EXPIRES_MS = 30 * 60_000;

/** Where things are in an installed copy. */
export const codeServer = {
  node: join(root, 'node_modules', NODE_PACKAGE, 'bin', 'node'),
  folder: join(root, 'node_modules', 'code-server', 'lib', 'vscode'),
  installed: () => existsSync(join(root, 'installed')),
};

/**
 * Installs it unless it is there. Two runs at once install it once. Throws with what npm's exit
 * code was when the second try fails too.
 */
export async function ensureCodeServer() {
  if (codeServer.installed()) return;
  await mkdir(cache, { recursive: true });
  const unlock = await lock(`${root}.lock`);
  try {
    if (codeServer.installed()) return;
    console.log(
      `Installing code-server ${CODE_SERVER} and Node ${NODE_MAJOR} into ${root}: ` +
        'the VS Code that the tests drive. It takes a few minutes, once.',
    );
    await install().catch(error => {
      console.log(`${error.message}. Trying once more.`);
      return install();
    });
  } finally {
    await unlock();
  }
}

/** Aside first, then renamed: a copy under its final name is always whole. */
async function install() {
  for (const name of await readdir(cache)) {
    // What an interrupted install left.
    if (name.startsWith(`${basename(root)}.partial-`))
      await rm(join(cache, name), { recursive: true });
  }
  const aside = await mkdtemp(`${root}.partial-`);
  try {
    await writeFile(join(aside, 'package.json'), '{ "private": true }\n');
    await npmInstall(aside, `${NODE_PACKAGE}@${NODE_MAJOR}`);
    await npmInstall(aside, `code-server@${CODE_SERVER}`);
    await writeFile(join(aside, 'installed'), '');
    await rm(root, { recursive: true, force: true });
    await rename(aside, root);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function npmInstall(folder, wanted) {
  const nodePackage = join(folder, 'node_modules', NODE_PACKAGE);
  // npm's own variables speak of this project and its npm; the install has nothing to do with it.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(lifecycle|package|node_execpath|config_(local|user_agent))/.test(name),
    ),
  );
  env.PATH = [join(nodePackage, 'bin'), env.PATH].join(delimiter);
  // Native modules are compiled for the Node that will load them, with the headers it brings.
  if (existsSync(join(nodePackage, 'include', 'node'))) env.npm_config_nodedir = nodePackage;
  const child = spawn('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', wanted], {
    cwd: folder,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) throw new Error(`npm install ${wanted} ended with ${signal ?? `exit ${code}`}`);
}

/** Only saves work: that a copy is whole rests on the rename. Returns the function that unlocks. */
async function lock(path) {
  for (let told = false; ; ) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (await abandoned(path)) {
      await rm(path, { force: true });
      continue;
    }
    if (!told)
      console.log(`Another run is installing the VS Code of the tests (${path}). Waiting.`);
    told = true;
    await sleep(500);
  }
}

async function abandoned(path) {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > LOCK_EXPIRES_MS) return true;
    const owner = JSON.parse(await readFile(path, 'utf8'));
    if (owner.host !== hostname()) return false;
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    // Gone meanwhile, or not yet written: look again. No such process: nobody holds it.
    return error.code === 'ESRCH';
  }
}
