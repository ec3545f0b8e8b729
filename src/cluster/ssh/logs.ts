/** The logs of the workers of a host, as they are and as they grow. */
import { patiently } from './crowd';
import type { Host } from './hosts';
import { type Asking, manageScript } from './manage';
import { newToken, SHELL } from './remoteScript';
import { runOn } from './transport';

export interface LogOptions extends Asking {
  host: Host;
  /** Of one worker; undefined: of all there. */
  slot?: number | undefined;
  /** How many of its last lines. */
  lines: number;
  /** Go on with what is added, until the signal. */
  follow?: AbortSignal | undefined;
  /** Called with each line once it is whole; it is untrusted. */
  onLine: (line: string) => void;
}

/**
 * @returns false when there is no log on that host
 * @throws SshFailed
 */
export async function readLogs(options: LogOptions): Promise<boolean> {
  const { host, slot, lines, follow, ssh, queueFolder, onLine } = options;
  const token = newToken();
  const call = ['logs', String(lines), slot === undefined ? '*' : String(slot), follow ? '1' : ''];
  const reading = new LogLines(token, onLine);
  await patiently(() =>
    runOn(host, SHELL, manageScript({ token, queueFolder, call }), {
      ...ssh,
      onOutput: chunk => reading.add(chunk),
      ...(follow ? { signal: follow } : {}),
    }),
  );
  reading.end();
  return !reading.failed;
}

/** What a login prints comes before the log, what is meant for us instead of it. */
class LogLines {
  failed = false;
  readonly #decoder = new TextDecoder();
  #begun = false;
  #rest = '';

  constructor(
    private readonly token: string,
    private readonly onLine: (line: string) => void,
  ) {}

  add(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(line);
  }

  /** The last line of a log that is being written may have no end. */
  end(): void {
    if (this.#begun && this.#rest !== '') this.onLine(this.#rest);
  }

  #take(line: string): void {
    if (this.#begun) this.onLine(line);
    // What a login prints may have no end of a line.
    else if (line.endsWith(`${this.token} begin`)) this.#begun = true;
    else if (line.includes(`${this.token} fail logs`)) this.failed = true;
  }
}
