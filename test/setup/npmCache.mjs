/**
 * Packages from npm that tests need and the project does not: each set in a folder of its own, in a
 * cache outside the project. A copy under its final name is whole and stays.
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
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const cache = process.env.DISTCOMP_TEST_CACHE ?? join(homedir(), '.cache', 'distcomp-test');

/** An install takes minutes, even on a slow machine: an older lock has no living owner. */
const LOCK_EXPIRES_MS = 30 * 60_000;

/** Where a set is; its name says all versions in it. */
export const cached = name => join(cache, name);

export const isInstalled = root => existsSync(join(root, 'installed'));

/**
 * Installs a set unless it is there. Two runs at once install it once. Throws with what npm's exit
 * code was when the second try fails too.
 * @param {string} root a folder that `cached` named
 * @param {string} what is installed and why, said to the person
 * @param {(folder: string) => Promise<void>} install puts it into this folder, by `npmInstall`
 */
export async function ensureInstalled(root, what, install) {
  if (isInstalled(root)) return;
  await mkdir(cache, { recursive: true });
  const unlock = await lock(`${root}.lock`);
  try {
    if (isInstalled(root)) return;
    console.log(`Installing ${what}, once, into ${root}.`);
    await installAside(root, install).catch(error => {
      console.log(`${error.message}. Trying once more.`);
      return installAside(root, install);
    });
  } finally {
    await unlock();
  }
}

/** Aside first, then renamed. */
async function installAside(root, install) {
  for (const name of await readdir(cache)) {
    // What an interrupted install left.
    if (name.startsWith(`${basename(root)}.partial-`))
      await rm(join(cache, name), { recursive: true });
  }
  const aside = await mkdtemp(`${root}.partial-`);
  try {
    await writeFile(join(aside, 'package.json'), '{ "private": true }\n');
    await install(aside);
    await writeFile(join(aside, 'installed'), '');
    await rm(root, { recursive: true, force: true });
    await rename(aside, root);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/**
 * @param {string} folder
 * @param {string[]} wanted what `npm install` is told
 * @param {Record<string, string>} [variables] for npm's environment
 */
export async function npmInstall(folder, wanted, variables = {}) {
  // npm's own variables speak of this project and its npm; the install has nothing to do with it.
  const own = Object.entries(process.env).filter(
    ([name]) => !/^npm_(lifecycle|package|node_execpath|config_(local|user_agent))/.test(name),
  );
  const words = ['install', '--no-audit', '--no-fund', '--loglevel=error', ...wanted];
  const child = spawn('npm', words, {
    cwd: folder,
    env: { ...Object.fromEntries(own), ...variables },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) {
    throw new Error(`npm install ${wanted.join(' ')} ended with ${signal ?? `exit ${code}`}`);
  }
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
    if (!told) console.log(`Another run is installing the same (${path}). Waiting.`);
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
