/** What becomes of workers on this machine: in the log, and as an error when one cannot work at all. */
import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { ClusterEvent } from '../../cluster/local/cluster';
import { visible } from '../../tasks/words';
import { showError } from '../notices';

const LOOK_MS = 1_000;

/** From now on, for the workers that are kept in a folder. Answers what ends it. */
export async function followWorkers(
  folder: string,
  log: vscode.LogOutputChannel,
  onEnded: () => void,
): Promise<() => void> {
  const { EventReader, eventsPath } = await import('../../cluster/local/cluster');
  const path = eventsPath(folder);
  const events = new EventReader();
  const look = async () => {
    const text = await readFile(path, 'utf8').catch(() => '');
    for (const event of events.fresh(text)) {
      if (event.type === 'clusterEnded') onEnded();
      else report(event, log);
    }
  };
  let looking = look();
  const again = () => {
    looking = looking.then(look).catch(error => log.error(error));
  };
  watchFile(path, { interval: LOOK_MS, persistent: false }, again);
  return () => unwatchFile(path, again);
}

function report(
  event: Exclude<ClusterEvent, { type: 'clusterEnded' }>,
  log: vscode.LogOutputChannel,
): void {
  if (event.type !== 'ended') {
    log.info(`Local worker ${event.slot}: process ${event.pid} ${event.type}`);
    return;
  }
  const { slot, code, reason, restartInMs } = event;
  const how = event.signal ?? (code === null ? 'gone' : `exit code ${code}`);
  log.warn(`Local worker ${slot} ended: ${how}. ${reason}`);
  // Wrong settings, or a Redis that it cannot use: starting it again would change nothing.
  if (code && restartInMs === undefined) {
    showError(new Error(vscode.l10n.t('Local worker {0} ended: {1}', slot, visible(reason))));
  }
}
