import { counts } from '../../queue/counts';
import { resume } from '../../queue/pause';
import { resumed } from '../../tasks/queueWords';
import type { Command } from '../app';
import { chosenQueue } from '../connection/connectedQueue';
import { inform } from '../notices';
import { isTrusted } from '../trust';

/** Goes on after a pause. */
export const resumeQueue: Command = async (app, node) => {
  if (!isTrusted()) return;
  const queue = await chosenQueue(app, node);
  if (!queue) return;
  // What waits for it: in a moment workers will have taken some.
  const { todo } = await counts(queue);
  const changed = await resume(queue);
  app.store.refresh();
  inform(resumed(queue.name, changed, todo));
};
