import { open } from '../../queue/close';
import { opened } from '../../tasks/queueWords';
import type { Command } from '../app';
import { chosenQueue } from '../connection/connectedQueue';
import { inform } from '../notices';
import { isTrusted } from '../trust';

/** Takes back a close. */
export const openQueue: Command = async (app, node) => {
  if (!isTrusted()) return;
  const queue = await chosenQueue(app, node);
  if (!queue) return;
  const changed = await open(queue);
  app.store.refresh();
  inform(opened(queue.name, changed));
};
