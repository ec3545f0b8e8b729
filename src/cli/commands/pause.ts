/** `distcomp pause` and `distcomp resume`: whether workers start anything new. */
import { counts } from '../../queue/counts';
import { pause, resume } from '../../queue/pause';
import { number } from '../../tasks/words';
import { print, printJson, say } from '../console';
import { EXIT } from '../exit';
import { originalsTakeNoNotice } from '../originals';
import { type QueueOptions, withQueue } from '../queueAccess';

/** Returns the exit code. */
export async function pauseQueue(options: QueueOptions): Promise<number> {
  return withQueue(options, async ({ queue }) => {
    const changed = await pause(queue);
    const { todo, inProgress } = await counts(queue);
    const warning = await originalsTakeNoNotice(queue);
    if (warning) say(warning);
    if (options.json) {
      printJson({ paused: true, changed, todo, inProgress });
      return EXIT.ok;
    }
    const state = changed ? `Queue "${queue.name}" is paused` : 'It was paused before';
    const left = `${number(todo)} to do, ${number(inProgress)} in progress`;
    print(`${state}: ${left}. Go on: distcomp resume`);
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
    else if (changed) print(`Queue "${queue.name}" goes on: ${number(todo)} to do.`);
    else print(`Queue "${queue.name}" was not paused.`);
    return EXIT.ok;
  });
}
