/** `distcomp pause` and `distcomp resume`: whether workers start anything new. */
import { counts } from '../../queue/counts';
import { aliveOriginals } from '../../queue/originals';
import { pause, resume } from '../../queue/pause';
import { originalsTakeNoNotice, paused, resumed } from '../../tasks/queueWords';
import { print, printJson, say } from '../console';
import { EXIT } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';

/** Returns the exit code. */
export async function pauseQueue(options: QueueOptions): Promise<number> {
  return withQueue(options, async ({ queue }) => {
    const changed = await pause(queue);
    const { todo, inProgress } = await counts(queue);
    const warning = originalsTakeNoNotice(await aliveOriginals(queue));
    if (warning) say(warning);
    if (options.json) {
      printJson({ paused: true, changed, todo, inProgress });
      return EXIT.ok;
    }
    print(`${paused(queue.name, changed, { todo, inProgress })} Go on: distcomp resume`);
    return EXIT.ok;
  });
}

/** Returns the exit code. */
export async function resumeQueue(options: QueueOptions): Promise<number> {
  return withQueue(options, async ({ queue }) => {
    // What waits for it: in a moment workers will have taken some.
    const { todo } = await counts(queue);
    const changed = await resume(queue);
    if (options.json) printJson({ paused: false, changed, todo });
    else print(resumed(queue.name, changed, todo));
    return EXIT.ok;
  });
}
