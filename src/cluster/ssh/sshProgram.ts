/** The system's `ssh` as a program: its arguments, and a run of it to its end. */
import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { checkingConfig, type KeyChecking } from './checkingConfig';
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

const CONNECT_SECONDS = 15;
const COMMAND_SECONDS = 120;
const ANSWER_SECONDS = 10;
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

/** Of a connection unlike the others. */
interface ConnectionOptions {
  /** Default: no key is taken with nobody looking at it, whatever the user's configuration says. */
  checking?: KeyChecking;
  /** More options by name. */
  settings?: Readonly<Record<string, string>>;
}

/**
 * All of them count over what the user's configuration says for this host.
 *
 * @throws Error when there is no private folder for the configuration
 */
export async function argumentsFor(
  host: Host,
  options: SshOptions,
  { checking = 'yes', settings = {} }: ConnectionOptions = {},
): Promise<string[]> {
  const { connectSeconds = CONNECT_SECONDS } = options;
  const configFile = await checkingConfig(checking, options.configFile);
  return argumentsWith(
    host,
    { configFile },
    {
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
      ...settings,
    },
  );
}

/** With these settings and no others of ours, as in a terminal of a person. */
export function argumentsWith(
  host: Host,
  { configFile }: SshOptions,
  settings: Readonly<Record<string, string>>,
): string[] {
  return [
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...(host.port === undefined ? [] : ['-p', String(host.port)]),
    ...(host.user === undefined ? [] : ['-l', host.user]),
    '--',
    host.address,
  ];
}

/** Its words are read here: not in the user's language. Where no terminal is, no window asks instead. */
export const sshEnvironment = () => ({
  ...process.env,
  LC_ALL: 'C',
  SSH_ASKPASS_REQUIRE: 'never',
});

/** Asks the master that listens at a control socket; `command` as for `-O`, and what belongs to it. */
export const askMaster = (control: string, ...command: string[]): Promise<RemoteEnd> =>
  run(['-F', '/dev/null', '-o', `ControlPath=${control}`, '-O', ...command, '--', 'master'], '', {
    commandSeconds: ANSWER_SECONDS,
  });

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
      // Without a terminal: the `ssh` of a jump host knows nothing of our BatchMode, and would ask there.
      detached: process.platform !== 'win32',
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
