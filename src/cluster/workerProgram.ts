/** One running worker program: started by us, or found where an earlier start of ours left it. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { STARTUP_SETTINGS } from '../config/settings';
import { SETTING_KEYS, variableFor } from '../config/sources';
import { identify, liveness, type ProcessIdentity, signal } from '../host/process';

/** What is started, the same for every slot. */
export interface WorkerCommand {
  node: string;
  workerBundle: string;
  cwd: string;
  /** Where conf, log and state files go. */
  folder: string;
  /** Content of conf.json, the only place where secrets stand. */
  config: Record<string, unknown>;
}

export interface WorkerEnd {
  /** Both null: it was not our child, so nobody told us. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Last line of its log since it started, empty when it wrote none; or why it could not be started. */
  lastLine: string;
  neverStarted?: true;
}

export interface WorkerProgram {
  pid: number;
  /** Whether an earlier start left it running. */
  adopted: boolean;
  ended: Promise<WorkerEnd>;
  signal(name: NodeJS.Signals): Promise<void>;
}

interface StateFile {
  process: ProcessIdentity;
  /** Of the command it was started with. */
  digest: string;
}

const LOOK_MS = 200;
const LAST_LINE_BYTES = 4096;
/** What each line of a worker's log begins with. */
const LOG_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z /;

export interface LeftWorker {
  slot: number;
  /** Of the command it was started with. */
  digest: string;
  adopt(): WorkerProgram;
}

/** The workers that an earlier start left running with this folder. */
export async function findLeftWorkers(folder: string): Promise<LeftWorker[]> {
  const left: LeftWorker[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const slot = Number(/^worker-(\d+)\.json$/.exec(name)?.[1]);
    if (!slot) continue;
    const state = await readState(join(folder, name));
    if (!state || (await liveness(state.process)) !== 'running') continue;
    const log = logPath(folder, slot);
    left.push({ slot, digest: state.digest, adopt: () => adopted(state.process, log) });
  }
  return left;
}

function adopted(process: ProcessIdentity, log: string): WorkerProgram {
  return {
    pid: process.pid,
    adopted: true,
    ended: untilGone(process, log),
    signal: name => signal(process, name),
  };
}

export async function startWorker(command: WorkerCommand, slot: number): Promise<WorkerProgram> {
  const conf = await writeConf(command, slot);
  const log = logPath(command.folder, slot);
  const output = await open(log, 'a', 0o600);
  const { size } = await output.stat();
  const child = spawn(
    command.node,
    [command.workerBundle, '--config', conf, '--slot', String(slot)],
    // A process group of its own: Ctrl-C in the terminal is for the caller to pass on.
    {
      cwd: command.cwd,
      env: withoutSettings(process.env),
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    },
  );
  const exited = once(child, 'exit');
  try {
    await once(child, 'spawn');
  } finally {
    exited.catch(() => undefined);
    await output.close();
  }
  const pid = child.pid ?? 0;
  const state: StateFile = { process: await identify(pid), digest: digest(command) };
  await writePrivate(join(command.folder, `worker-${slot}.json`), JSON.stringify(state));
  const ended = exited.then(async ([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    lastLine: await lastLine(log, size),
  }));
  return {
    pid,
    adopted: false,
    ended,
    signal: async name => {
      child.kill(name);
    },
  };
}

/** A worker that runs reads it again. Returns its path. */
export async function writeConf({ folder, config }: WorkerCommand, slot: number): Promise<string> {
  const path = join(folder, `worker-${slot}.conf.json`);
  // Under another name first: whoever reads it reads all of it.
  await writePrivate(`${path}.new`, JSON.stringify(config, null, 2));
  await rename(`${path}.new`, path);
  return path;
}

/** Its conf holds all settings: a variable of the caller's must not count over it. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const settings = new Set(SETTING_KEYS.map(variableFor));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !settings.has(name)));
}

async function untilGone(process: ProcessIdentity, log: string): Promise<WorkerEnd> {
  const { size } = await stat(log).catch(() => ({ size: 0 }));
  while ((await liveness(process)) === 'running') await sleep(LOOK_MS);
  return { code: null, signal: null, lastLine: await lastLine(log, size) };
}

const logPath = (folder: string, slot: number) => join(folder, `worker-${slot}.log`);

/** Workers with the same one need not be started again: they take over the rest while they run. */
export function digest({ node, workerBundle, cwd, config }: WorkerCommand): string {
  const fixed = Object.entries(config).filter(([key]) => STARTUP_SETTINGS.has(key));
  const text = JSON.stringify([node, workerBundle, cwd, fixed]);
  return createHash('sha256').update(text).digest('hex');
}

async function readState(path: string): Promise<StateFile | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as StateFile;
  } catch {
    return undefined;
  }
}

/** Readable by its owner alone, also when the file was there before with other permissions. */
async function writePrivate(path: string, text: string): Promise<void> {
  await writeFile(path, '', { mode: 0o600 });
  await chmod(path, 0o600);
  await writeFile(path, text);
}

async function lastLine(path: string, from: number): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const start = Math.max(from, size - LAST_LINE_BYTES);
      const { buffer, bytesRead } = await file.read({
        buffer: Buffer.alloc(LAST_LINE_BYTES),
        position: start,
      });
      const text = buffer.toString('utf8', 0, bytesRead).trimEnd();
      return text.slice(text.lastIndexOf('\n') + 1).replace(LOG_TIME, '');
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}
