/** `distcomp queues`: the queues of a Redis, with how many tasks of which state they have. */
import { queues } from '../../queue/queues';
import { countsInWords } from '../../tasks/words';
import { print, printJson } from '../console';
import { EXIT } from '../exit';
import { type QueueOptions, withRedis } from '../queueAccess';

/** Returns the exit code. */
export async function listQueues(options: QueueOptions): Promise<number> {
  return withRedis(options, async ({ connection, redis }) => {
    const all = await queues(connection);
    if (options.json) {
      printJson({ redis, queues: all.map(({ name, counts }) => ({ name, ...counts })) });
      return EXIT.ok;
    }
    const width = Math.max(0, ...all.map(({ name }) => name.length));
    for (const { name, counts } of all) print(`${name.padEnd(width)}  ${countsInWords(counts)}`);
    return EXIT.ok;
  });
}
