/** `distcomp close` and `distcomp open`: whether workers of both kinds end, and stay away. */
import { close, open } from '../../queue/close';
import { counts } from '../../queue/counts';
import { closed, opened } from '../../tasks/queueWords';
import { print, printJson } from '../console';
import { EXIT } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';

/** Returns the exit code. */
export async function closeQueue(options: QueueOptions): Promise<number> {
  return withQueue(options, async ({ queue }) => {
    const changed = await close(queue);
    const { todo, inProgress } = await counts(queue);
    if (options.json) {
      printJson({ closed: true, changed, todo, inProgress });
      return EXIT.ok;
    }
    print(`${closed(queue.name, changed, todo)} Open it again: distcomp open`);
    return EXIT.ok;
  });
}

/** Returns the exit code. */
export async function openQueue(options: QueueOptions): Promise<number> {
  return withQueue(options, async ({ queue }) => {
    const changed = await open(queue);
    if (options.json) printJson({ closed: false, changed });
    else print(opened(queue.name, changed));
    return EXIT.ok;
  });
}
