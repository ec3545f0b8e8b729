/** The logs of the workers of a host, as they are and as they grow. */
import { patiently } from './crowd';
import type { Host } from './hosts';
import { manageScript } from './manage';
import { newToken, SHELL } from './remoteScript';
import { runOn, type SshOptions } from './transport';

export interface LogOptions {
  host: Host;
  /** Of one worker; undefined: of all there. */
  slot?: number | undefined;
  /** How many of its last lines. */
  lines: number;
  /** Go on with what is added, until the signal. */
  follow?: AbortSignal | undefined;
  ssh?: SshOptions;
  /** Called with text as it comes; it is untrusted. */
  onText: (text: string) => void;
}

/**
 * @returns false when there is no log on that host
 * @throws SshFailed
 */
export async function readLogs(options: LogOptions): Promise<boolean> {
  const { host, slot, lines, follow, ssh, onText } = options;
  const token = newToken();
  const call = ['logs', String(lines), slot === undefined ? '*' : String(slot), follow ? '1' : ''];
  const reading = new LogText(token, onText);
  await patiently(() =>
    runOn(host, SHELL, manageScript(token, call), {
      ...ssh,
      onOutput: chunk => reading.add(chunk),
      ...(follow ? { signal: follow } : {}),
    }),
  );
  return !reading.failed;
}

/** What a login prints comes before the log, what is meant for us instead of it. */
class LogText {
  failed = false;
  readonly #decoder = new TextDecoder();
  #begun = false;
  #before = '';

  constructor(
    private readonly token: string,
    private readonly onText: (text: string) => void,
  ) {}

  add(chunk: Buffer): void {
    const text = this.#decoder.decode(chunk, { stream: true });
    if (this.#begun) {
      this.onText(text);
      return;
    }
    this.#before += text;
    if (this.#before.includes(`${this.token} fail logs`)) this.failed = true;
    const mark = `${this.token} begin\n`;
    const at = this.#before.indexOf(mark);
    if (at === -1) return;
    this.#begun = true;
    const rest = this.#before.slice(at + mark.length);
    this.#before = '';
    if (rest !== '') this.onText(rest);
  }
}
