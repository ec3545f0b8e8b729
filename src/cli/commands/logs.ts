/** `distcomp logs`: the logs of the workers of a host. */
import { once } from 'node:events';
import { readLogs } from '../../cluster/ssh/logs';
import { SshFailed } from '../../cluster/ssh/transport';
import { readable } from '../../tasks/terminalText';
import { print } from '../console';
import { CommandFailed, EXIT } from '../exit';
import { hostFrom, type QueueOptions, queueFolderFrom, sshFrom } from '../hostAccess';
import { HostFailed } from '../hostFailure';

export interface LogsOptions extends QueueOptions {
  sshConfig?: string;
  follow?: true;
  lines: number;
  slot?: number;
}

/** Returns the exit code. */
export async function showLogs(word: string, options: LogsOptions): Promise<number> {
  const host = hostFrom(word);
  // Lines come for as long as one wants: no document has them all.
  const printLine = (line: string) =>
    print(options.json ? JSON.stringify({ host: host.name, line }) : readable(line));
  const reading = readLogs({
    host,
    slot: options.slot,
    lines: options.lines,
    follow: options.follow && interrupted(),
    ssh: sshFrom(options),
    queueFolder: await queueFolderFrom(options),
    onLine: printLine,
  });
  const found = await reading.catch(error => {
    throw error instanceof SshFailed ? new HostFailed(host, error, options) : error;
  });
  if (found) return EXIT.ok;
  const whose = options.slot === undefined ? 'worker' : `worker ${options.slot}`;
  throw new CommandFailed(
    `${host.name} has no log of a ${whose}. Launch one there: distcomp launch ${host.name}`,
    EXIT.tasksFailed,
  );
}

function interrupted(): AbortSignal {
  const end = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    void once(process, name).then(() => end.abort());
  }
  return end.signal;
}
