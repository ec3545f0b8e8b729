/** One connection of a tunnel: the session that holds the host's end, and the forwarding to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { failureOf } from './failures';
import type { Host } from './hosts';
import type { RedisPlace } from './redisPlace';
import { newToken, SHELL } from './remoteScript';
import { argumentsFor, SSH_ITSELF, sshEnvironment } from './sshProgram';
import { type SshOptions, sshFailed } from './transport';
import { parseTunnelLine, TunnelFailed, type TunnelLine, tunnelScript } from './tunnelScript';
import { type TunnelWay, wayFor } from './tunnelWay';

/** For whom it is. */
export interface TunnelEnd {
  place: RedisPlace;
  /** Of the queue there whose workers come through it. */
  queueFolder: string;
}

export interface TunnelOptions extends TunnelEnd {
  host: Host;
  ssh: SshOptions;
  /** Aborted: it ends, and takes its traces on the host with it. */
  signal: AbortSignal;
}

export interface TunnelConnection {
  /** What workers on the host connect to. */
  socket: string;
  /** Why it ended. */
  ended: Promise<string>;
}

const UP_MS = 60_000;
/** For the host to remove its end when it is closed, and for `ssh` to end. */
const CLOSE_MS = 2_000;
const LAST_WORDS_MS = 500;
const MOST_SAID = 8192;

/**
 * Ends with this process, however that ends: `ssh` by itself goes on while workers are connected. A
 * line on the pipe says that there is nothing left to end. The first word is a socket of ours.
 */
const TIED =
  'made=$1; shift; { read -r _ <&3 || { kill "$$"; rm -f "$made"; }; } </dev/null >/dev/null 2>&1 & exec ssh "$@" 3<&-';

/**
 * Returns when the tunnel stands.
 *
 * @throws SshFailed, TunnelFailed
 */
export async function connectTunnel(options: TunnelOptions): Promise<TunnelConnection> {
  const way = await wayFor(options.host, options.place, options.ssh);
  const args = await argumentsFor(options.host, options.ssh, { settings: way.settings });
  const connection = new Connection(options, way, args);
  const limit = setTimeout(() => connection.kill('SIGKILL'), UP_MS);
  try {
    const socket = await connection.stand();
    return { socket, ended: connection.loss() };
  } catch (error) {
    connection.kill();
    await connection.ended;
    throw error;
  } finally {
    clearTimeout(limit);
  }
}

class Connection {
  readonly ended: Promise<void>;
  readonly #options: TunnelOptions;
  readonly #way: TunnelWay;
  readonly #token = newToken();
  readonly #child: ChildProcess;
  readonly #stdin: Writable;
  readonly #lines: AsyncIterableIterator<string>;
  #stderr = '';
  #isUp = false;

  constructor(options: TunnelOptions, way: TunnelWay, args: readonly string[]) {
    this.#options = options;
    this.#way = way;
    const { signal } = options;
    const child = spawn('/bin/sh', ['-c', TIED, 'ssh', way.socket, ...args, SHELL], {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      env: sshEnvironment(),
      // A Ctrl-C is for us alone: we close it in order.
      detached: true,
    });
    this.#child = child;
    this.#stdin = child.stdin as Writable;
    this.#lines = createInterface({ input: child.stdout as Readable })[Symbol.asyncIterator]();
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MOST_SAID);
    });
    this.ended = this.#end(child.stdio[3] as Writable);
    const close = () => this.#close();
    if (signal.aborted) close();
    else signal.addEventListener('abort', close, { once: true });
    void this.ended.then(() => signal.removeEventListener('abort', close));
  }

  /** Returns the path for workers. */
  async stand(): Promise<string> {
    this.#stdin.write(tunnelScript(this.#token, this.#options.queueFolder));
    await this.#forward(await this.#pathAfter('listen'));
    this.#stdin.write('listening\n');
    const path = await this.#pathAfter('up');
    this.#isUp = true;
    return path;
  }

  /** Resolves at the end, with why. */
  async loss(): Promise<string> {
    let line = await this.#nextLine();
    while (line && line.word !== 'over') line = await this.#nextLine();
    // When the host's end is over, `ssh` still waits for the connections of workers.
    this.kill();
    await this.ended;
    return /Timeout, server/.test(this.#stderr) ? 'it did not answer' : 'the connection ended';
  }

  kill(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): void {
    this.#child.kill(signal);
    const harder = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_MS);
    void this.ended.then(() => clearTimeout(harder));
  }

  /** The host says when it has removed its end. */
  #close(): void {
    this.#stdin.end();
    const late = setTimeout(() => this.kill(), this.#isUp ? CLOSE_MS : 0);
    void this.ended.then(() => clearTimeout(late));
  }

  async #end(lifeline: Writable): Promise<void> {
    for (const stream of [this.#stdin, lifeline]) stream.on('error', () => undefined);
    const closed = once(this.#child, 'close');
    await once(this.#child, 'exit');
    lifeline.end('over\n');
    // A command of its configuration may hold on to its standard error for longer.
    await Promise.race([closed, sleep(LAST_WORDS_MS)]);
    await this.#way.end();
  }

  async #pathAfter(word: 'listen' | 'up'): Promise<string> {
    const line = await this.#nextLine();
    if (line?.word === word) return line.path;
    if (line?.word === 'fail') throw new TunnelFailed(line.message);
    await this.ended;
    const { exitCode, signalCode } = this.#child;
    if (exitCode === SSH_ITSELF || signalCode !== null) {
      const stderr = signalCode === null ? this.#stderr : `${this.#stderr}\nTimed out`;
      const { host, ssh } = this.#options;
      throw await sshFailed(host, stderr, ssh, this.#way.isShared);
    }
    throw new TunnelFailed('Its shell did not run what was sent. Does sh work there?');
  }

  async #nextLine(): Promise<TunnelLine | undefined> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) return undefined;
      const line = parseTunnelLine(this.#token, value);
      if (line) return line;
    }
  }

  async #forward(listen: string): Promise<void> {
    const { code, stderr } = await this.#way.forward(listen);
    if (code !== 0) throw new TunnelFailed(failureOf(this.#options.host, stderr).message);
  }
}
