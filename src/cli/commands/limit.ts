/** `distcomp limit`: how many tasks of a queue run at a time, and after how many failures it pauses. */
import { counts } from '../../queue/counts';
import { setLimits, type WrittenLimit } from '../../queue/limits';
import { aliveOriginals } from '../../queue/originals';
import { hasLimits, limitsOfQueue, pausedWords } from '../../tasks/limitWords';
import { originalsTakeNoNotice } from '../../tasks/queueWords';
import { print, printJson, say } from '../console';
import { EXIT } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';

export interface LimitOptions extends QueueOptions {
  running?: WrittenLimit;
  failures?: WrittenLimit;
}

/** Sets the limits that are given and says those that stand then. Returns the exit code. */
export async function limitQueue({ running, failures, ...options }: LimitOptions): Promise<number> {
  return withQueue(options, async ({ queue }) => {
    const { changed } = await setLimits(queue, {
      ...(running === undefined ? {} : { maxRunning: running.limit }),
      ...(failures === undefined ? {} : { stopAfterFailures: failures.limit }),
    });
    const { limits, held, paused, pausedAfterFailures } = await counts(queue);
    const warning = hasLimits(limits)
      ? originalsTakeNoNotice(await aliveOriginals(queue))
      : undefined;
    if (warning) say(warning);
    if (options.json) {
      printJson({ changed, ...limits, held, paused, pausedAfterFailures });
      return EXIT.ok;
    }
    print(limitsOfQueue(queue.name, limits, held));
    if (pausedAfterFailures !== null) {
      print(`It is ${pausedWords(pausedAfterFailures)}. Go on: distcomp resume`);
    }
    return EXIT.ok;
  });
}
