/**
 * The set-up that `npm run demo` and `npm test` do by themselves. It runs before node_modules
 * exists: built-in modules only. Every step looks first and does nothing when nothing is missing.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectFolder = fileURLToPath(new URL('..', import.meta.url));

/** What a person has to do before the command can go on: shown without a stack. */
export class SetupError extends Error {}

/**
 * Runs a program in the project folder, its output passed on, without standard input.
 * @returns {Promise<number>} its exit code; 1 when a signal ended it
 */
export async function run(command, args, options = {}) {
  const child = spawn(command, args, {
    cwd: projectFolder,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  });
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

/** Throws unless this Node can run the project's tools: the oldest 20 that they all accept. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetupError(`Node 20.19 or newer is needed, this is ${process.versions.node}.`);
}

/** `npm ci`, unless what is installed is what package-lock.json says. */
export async function ensureNodeModules() {
  if (nodeModulesMatchLock()) return;
  console.log('Installing the npm packages of package-lock.json into node_modules.');
  if ((await run('npm', ['ci', '--no-audit', '--no-fund'])) !== 0)
    throw new SetupError('npm ci failed: see its message above.');
}

/**
 * npm records what it installed in node_modules/.package-lock.json, as its last step. Compared
 * with the lock itself, it tells also after an `npm install` by hand.
 */
function nodeModulesMatchLock() {
  const installedLock = join(projectFolder, 'node_modules', '.package-lock.json');
  if (!existsSync(installedLock)) return false;
  const installed = packagesOf(installedLock);
  const wanted = packagesOf(join(projectFolder, 'package-lock.json'));
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    // Optional packages are those of other platforms.
    return path in installed ? installed[path].version === version : optional === true;
  });
}

const packagesOf = lock => JSON.parse(readFileSync(lock, 'utf8')).packages;

/** Makes the bundles of dist/ when a source is newer than they are. */
export async function ensureBuild() {
  const bundles = ['extension.js', 'worker.js', 'cli.js'].map(inProject('dist'));
  const sources = ['src', 'webview', 'esbuild.mjs', 'package-lock.json'].map(inProject('.'));
  const built = bundles.every(existsSync) ? Math.min(...bundles.map(newest)) : 0;
  if (built <= Math.max(...sources.map(newest))) await build();
}

/** Makes the bundles of dist/ as they are shipped. */
export async function build() {
  if ((await run(process.execPath, ['esbuild.mjs', '--production'])) !== 0)
    throw new SetupError('The build failed: see its message above.');
}

const inProject = folder => name => join(projectFolder, folder, name);

/** The last change below a path in ms; a folder's own time tells of files that were removed. */
function newest(path) {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (!entry) return 0;
  if (!entry.isDirectory()) return entry.mtimeMs;
  return Math.max(entry.mtimeMs, ...readdirSync(path).map(name => newest(join(path, name))));
}

const onPath = program =>
  // Debian keeps daemons out of the PATH of people.
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
const library = name => spawnSync('pkg-config', ['--exists', name]).status === 0;

/** What can be asked for by name: how to see that it is there, and the packages that bring it. */
const programs = {
  redis: { found: () => onPath('redis-server') || onPath('valkey-server'), apt: 'redis-server' },
  'redis-server': { found: () => onPath('redis-server'), apt: 'redis-server' },
  sshd: { found: () => onPath('sshd'), apt: 'openssh-server' },
  ssh: { found: () => onPath('ssh'), apt: 'openssh-client' },
  chromium: { found: () => onPath('chromium'), apt: 'chromium' },
  busybox: { found: () => onPath('busybox'), apt: 'busybox' },
  dash: { found: () => onPath('dash'), apt: 'dash' },
  bash: { found: () => onPath('bash'), apt: 'bash' },
  fish: { found: () => onPath('fish'), apt: 'fish' },
  tcsh: { found: () => onPath('tcsh'), apt: 'tcsh' },
  ps: { found: () => onPath('ps'), apt: 'procps' },
  python3: { found: () => onPath('python3'), apt: 'python3' },
  gcc: { found: () => onPath('gcc'), apt: 'gcc' },
  'libc-dev': { found: () => existsSync('/usr/include/stdio.h'), apt: 'libc6-dev' },
  xargs: { found: () => onPath('xargs'), apt: 'findutils' },
  parallel: { found: () => onPath('parallel'), apt: 'parallel' },
  make: { found: () => onPath('make'), apt: 'make' },
  cc: { found: () => onPath('cc'), apt: 'g++' },
  'g++': { found: () => onPath('g++'), apt: 'g++' },
  'pkg-config': { found: () => onPath('pkg-config'), apt: 'pkg-config' },
  krb5: { found: () => library('krb5-gssapi'), apt: 'libkrb5-dev' },
  libsecret: { found: () => library('libsecret-1'), apt: 'libsecret-1-dev' },
  x11: { found: () => library('x11'), apt: 'libx11-dev' },
  xkbfile: { found: () => library('xkbfile'), apt: 'libxkbfile-dev' },
};
const homebrewNames = {
  redis: 'redis',
  'redis-server': 'redis',
  ssh: 'openssh',
  python3: 'python',
};

/** Those of the names that this machine lacks. */
export const missingPrograms = names => names.filter(name => !programs[name].found());

/**
 * Installs those of the named programs that are missing, by apt-get (as root, or by a sudo that
 * asks nothing) or Homebrew. Throws with the command to run where it cannot.
 * @param {string[]} names keys of `programs`
 * @param {string} purpose "the demo": said to the person, after "needed by"
 */
export async function ensurePrograms(names, purpose) {
  const missing = missingPrograms(names);
  if (missing.length === 0) return;
  const install = installCommand(missing);
  if (!install)
    throw new SetupError(
      `${list(missing)}: needed by ${purpose}, not found. Install with your package manager.`,
    );
  console.log(`Installing ${list(install.packages)}, needed by ${purpose}.`);
  const root = install.asRoot && process.getuid() !== 0 ? ['sudo', '-n'] : [];
  for (const step of install.steps) {
    const [command, ...args] = [...root, ...step];
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    // What counts is whether the programs are there afterwards: an update may fail for one source.
    await run(command, args, { env }).catch(() => 1);
  }
  const still = missingPrograms(missing);
  if (still.length === 0) return;
  const byHand = (install.asRoot ? 'sudo ' : '') + install.steps.at(-1).join(' ');
  throw new SetupError(
    `${list(still)} could not be installed. Run this, then try again: ${byHand}`,
  );
}

function installCommand(missing) {
  if (onPath('apt-get')) {
    const packages = [...new Set(missing.map(name => programs[name].apt))];
    const steps = [
      ['apt-get', 'update'],
      ['apt-get', 'install', '-y', '--no-install-recommends', ...packages],
    ];
    return { packages, steps, asRoot: true };
  }
  if (!onPath('brew')) return undefined;
  const packages = [...new Set(missing.map(name => homebrewNames[name] ?? name))];
  return { packages, steps: [['brew', 'install', ...packages]], asRoot: false };
}

const list = names => names.join(', ');
