/** The logs of the workers of a host in a terminal: read and followed for as long as it is open. */
import * as vscode from 'vscode';
import type { Host } from '../../cluster/ssh/hosts';
import { readable } from '../../tasks/terminalText';
import { sshOptions } from './hostSettings';

/** How many of the last lines it begins with. */
const LINES = 200;

export class HostLog implements vscode.Pseudoterminal {
  readonly #writing = new vscode.EventEmitter<string>();
  readonly #closed = new AbortController();

  readonly onDidWrite = this.#writing.event;

  constructor(
    private readonly host: Host,
    /** Of the queue whose workers are meant; undefined: those of all queues are. */
    private readonly queueFolder: string | undefined,
  ) {}

  open(): void {
    this.#read().then(
      ended => this.#say(ended),
      (error: Error) => this.#say(error.message),
    );
  }

  close(): void {
    this.#closed.abort();
    this.#writing.dispose();
  }

  /** Returns why there is nothing more. */
  async #read(): Promise<string> {
    const { t } = vscode.l10n;
    const { readLogs } = await import('../../cluster/ssh/logs');
    const found = await readLogs({
      host: this.host,
      lines: LINES,
      follow: this.#closed.signal,
      ssh: sshOptions(),
      queueFolder: this.queueFolder,
      // A log is untrusted.
      onLine: line => this.#say(readable(line)),
    });
    return found
      ? t('The connection to {0} ended.', this.host.name)
      : t('{0} has no log of a worker. Launch one there.', this.host.name);
  }

  #say(line: string): void {
    this.#writing.fire(`${line}\r\n`);
  }
}
