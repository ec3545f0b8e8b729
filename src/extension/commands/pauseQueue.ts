import * as vscode from 'vscode';
import { counts } from '../../queue/counts';
import { aliveOriginals } from '../../queue/originals';
import { pause } from '../../queue/pause';
import { originalsTakeNoNotice, paused } from '../../tasks/queueWords';
import type { Command } from '../app';
import { chosenQueue } from '../connection/connectedQueue';
import { command, inform } from '../notices';
import { isTrusted } from '../trust';

/** Nothing new starts until the queue is resumed. What runs goes on. */
export const pauseQueue: Command = async (app, node) => {
  if (!isTrusted()) return;
  const queue = await chosenQueue(app, node);
  if (!queue) return;
  const changed = await pause(queue);
  app.store.refresh();
  const said = paused(queue.name, changed, await counts(queue));
  const warning = originalsTakeNoNotice(await aliveOriginals(queue));
  const item = { kind: 'queue', queue: queue.name };
  inform(
    [said, warning].filter(Boolean).join(' '),
    command(vscode.l10n.t('Resume'), 'distcomp.resumeQueue', item),
  );
};
