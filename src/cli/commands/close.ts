/** `distcomp close` and `distcomp open`: whether workers of both kinds end, and stay away. */
import { close, open } from '../../queue/close';
import { counts } from '../../queue/counts';
import { plural } from '../../tasks/words';
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
    const state = changed ? `Queue "${queue.name}" is closed` : 'It was closed before';
    print(
      `${state}: workers finish what they run and end, and ${plural(todo, 'task')} ${todo === 1 ? 'waits' : 'wait'}. Open it again: distcomp open`,
    );
    return EXIT.ok;
  });
}

/** Returns the exit code. */
export async function openQueue(options: QueueOptions): Promise<number> {
  return withQueue(options, async ({ queue }) => {
    const changed = await open(queue);
    if (options.json) printJson({ closed: false, changed });
    else if (changed) {
      print(`Queue "${queue.name}" is open. Workers that ended do not come back by themselves.`);
    } else print(`Queue "${queue.name}" was not closed.`);
    return EXIT.ok;
  });
}
