/** Full output files of tasks, from hosts to this machine. What is here in its full size is not sent again. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isOutputFile } from '../../queue/outputPaths';
import { onEach, patiently } from './crowd';
import { FileStream } from './fileStream';
import type { Host } from './hosts';
import { type Asking, ask, manageScript } from './manage';
import { newToken, type Said, SHELL } from './remoteScript';
import { type HostFailure, sshFailure } from './results';
import { runOn, SshFailed, type SshOptions } from './transport';

export interface FetchResult {
  host: Host;
  /** Where its files are now. */
  folder: string;
  /** How many files were sent, and how many were here. */
  fetched: number;
  present: number;
  /** What was sent. */
  bytes: number;
  failure?: HostFailure;
}

export interface FetchOptions extends Asking {
  hosts: readonly Host[];
  /** Each host gets a folder in this one. */
  folder: string;
  /** Only of these tasks; undefined: of all. */
  ids?: ReadonlySet<string> | undefined;
  /** As soon as it is known. */
  onResult?: (result: FetchResult) => void;
}

/** Results in the order of the hosts. */
export function fetchOutput(options: FetchOptions): Promise<FetchResult[]> {
  return onEach(options.hosts, host => fetchFrom(host, options), options.onResult);
}

interface RemoteFile {
  /** Below the folder of output: `3f/3f9a1c0d5e77-1-….out`. */
  name: string;
  bytes: number;
}

async function fetchFrom(host: Host, options: FetchOptions): Promise<FetchResult> {
  const folder = join(options.folder, host.name.replace(/[^\w.@-]/g, '_'));
  const result: FetchResult = { host, folder, fetched: 0, present: 0, bytes: 0 };
  const { said, failure } = await ask(host, ['files_of_output'], options);
  if (failure) return { ...result, failure };
  try {
    for (const [remote, files] of filesOf(said, options.ids)) {
      await receive(host, remote, files, result, options.ssh);
    }
    return result;
  } catch (error) {
    if (!(error instanceof SshFailed)) throw error;
    return { ...result, failure: sshFailure(error) };
  }
}

/** By their folder there. */
function filesOf(
  said: readonly Said[],
  ids: ReadonlySet<string> | undefined,
): Map<string, RemoteFile[]> {
  const folders = new Map<string, RemoteFile[]>();
  let files: RemoteFile[] = [];
  for (const { word, rest } of said) {
    if (word === 'folder') {
      files = [];
      folders.set(rest, files);
    }
    const [, bytes, name = ''] = /^(\d+) (?:\.\/)?(.+)$/.exec(rest) ?? [];
    if (word !== 'file' || !isOutputFile(name)) continue;
    if (ids?.has(idOf(name)) ?? true) files.push({ name, bytes: Number(bytes) });
  }
  return folders;
}

const idOf = (name: string) => name.slice(3, 15);

/** Adds to the result what came. */
async function receive(
  host: Host,
  remote: string,
  files: readonly RemoteFile[],
  result: FetchResult,
  ssh: SshOptions | undefined,
): Promise<void> {
  const here = await Promise.all(
    files.map(({ name, bytes }) => isHere(join(result.folder, name), bytes)),
  );
  const missing = files.filter((_, i) => !here[i]).map(({ name }) => name);
  result.present += files.length - missing.length;
  if (missing.length === 0) return;
  const token = newToken();
  const stream = new FileStream(token, result.folder, new Set(missing));
  const script = manageScript({ token, call: ['send_files', remote], input: missing.join('\n') });
  try {
    const options = { ...ssh, commandSeconds: SEND_SECONDS };
    const onOutput = (chunk: Buffer) => stream.add(chunk);
    await patiently(() => runOn(host, SHELL, script, { ...options, onOutput }));
  } finally {
    stream.close();
    result.fetched += stream.files;
    result.bytes += stream.bytes;
  }
  const lost = missing.length - stream.files;
  if (lost === 0) return;
  const message = `${lost} of ${missing.length} files did not arrive. Fetch again: only they are sent.`;
  result.failure = { step: 'fetch', message };
}

/** For all files of one host. */
const SEND_SECONDS = 6 * 3600;

async function isHere(path: string, bytes: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.size === bytes;
}
