/**
 * One command on one host by the system's `ssh`, so that its configuration, agent, jump hosts and
 * known hosts count. Nothing is ever asked in the background: what would need an answer fails, and the
 * failure says what to do.
 */
import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { failureOf, type SshFailure } from './failures';
import type { Host } from './hosts';

export interface SshOptions {
  /** For `-F`: a configuration instead of the user's. */
  configFile?: string;
  /** Until the host has answered. */
  connectSeconds?: number;
  /** Until the command has ended. */
  commandSeconds?: number;
}

export interface RemoteEnd {
  code: number;
  stdout: string;
  stderr: string;
}

/** The host could not be reached, or did not let us in. */
export class SshFailed extends Error {
  override readonly name = 'SshFailed';
  constructor(readonly failure: SshFailure) {
    super(failure.message);
  }
}

const CONNECT_SECONDS = 15;
const COMMAND_SECONDS = 120;
/** What a host prints beyond that is not kept. */
const MOST_OUTPUT = 4 * 1024 * 1024;

/** With this exit code `ssh` speaks of itself, not of the command. */
export const SSH_ITSELF = 255;

/** What may be done with a command besides waiting for its end. */
export interface RunOptions extends SshOptions {
  /** Called with what it prints, which is not kept then. */
  onOutput?: (chunk: Buffer) => void;
  /** The command's input ends with it: what waits there for its reader ends. */
  signal?: AbortSignal;
}

/**
 * Runs a command with `input` on its standard input.
 *
 * @throws SshFailed
 */
export async function runOn(
  host: Host,
  command: string,
  input: string | Buffer,
  options: RunOptions = {},
): Promise<RemoteEnd> {
  const end = await run([...argumentsFor(host, options), command], input, options);
  if (end.code !== SSH_ITSELF) return end;
  throw await sshFailed(host, end.stderr, options);
}

/** `stderr`: what `ssh` said when it failed. */
export async function sshFailed(
  host: Host,
  stderr: string,
  options: SshOptions,
): Promise<SshFailed> {
  const fingerprint = /host key/i.test(stderr) ? await fingerprintOf(host, options) : undefined;
  return new SshFailed(failureOf(host, stderr, fingerprint));
}

/**
 * All of them count over what the user's configuration says for this host.
 *
 * @param more options by name, for a connection unlike the others
 */
export function argumentsFor(
  host: Host,
  options: SshOptions,
  more: Readonly<Record<string, string>> = {},
): string[] {
  const { configFile, connectSeconds = CONNECT_SECONDS } = options;
  const settings = {
    BatchMode: 'yes',
    ConnectTimeout: String(connectSeconds),
    ServerAliveInterval: '15',
    ServerAliveCountMax: '4',
    // What a person set for sessions of their own.
    ClearAllForwardings: 'yes',
    PermitLocalCommand: 'no',
    RemoteCommand: 'none',
    RequestTTY: 'no',
    ForwardX11: 'no',
    ...more,
  };
  return [
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...(host.port === undefined ? [] : ['-p', String(host.port)]),
    ...(host.user === undefined ? [] : ['-l', host.user]),
    '--',
    host.address,
  ];
}

/** Its words are read here: not in the user's language. */
export const sshEnvironment = () => ({ ...process.env, LC_ALL: 'C' });

/** What the host shows as its key, for a person to compare. Undefined when it shows none. */
async function fingerprintOf(host: Host, options: SshOptions): Promise<string | undefined> {
  const { stderr } = await run(['-v', ...argumentsFor(host, options), 'exit'], '', options);
  return /Server host key: (\S+ SHA256:\S+)/.exec(stderr)?.[1];
}

/** Runs `ssh` with these arguments, to its end. */
export function run(
  args: readonly string[],
  input: string | Buffer,
  { commandSeconds = COMMAND_SECONDS, onOutput, signal }: RunOptions,
): Promise<RemoteEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn('ssh', args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Who can end it does.
      ...(signal ? {} : { timeout: commandSeconds * 1000 }),
      killSignal: 'SIGKILL',
      env: sshEnvironment(),
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      if (name === 'stdout' && onOutput) {
        child.stdout.on('data', onOutput);
        continue;
      }
      child[name].setEncoding('utf8');
      child[name].on('data', (text: string) => {
        if (output[name].length < MOST_OUTPUT) output[name] += text;
      });
    }
    // A host that closes early is told of by its exit.
    child.stdin.on('error', () => undefined);
    giveInput(child.stdin, input, signal);
    child.on('error', reject);
    child.on('close', (code, killedBy) => {
      const stderr = killedBy === null ? output.stderr : `${output.stderr}\nTimed out`;
      resolve({ code: code ?? SSH_ITSELF, stdout: output.stdout, stderr });
    });
  });
}

function giveInput(stdin: Writable, input: string | Buffer, signal: AbortSignal | undefined): void {
  if (!signal) {
    stdin.end(input);
    return;
  }
  stdin.write(input);
  if (signal.aborted) stdin.end();
  else signal.addEventListener('abort', () => stdin.end(), { once: true });
}
