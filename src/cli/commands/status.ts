/** `distcomp status`: how many tasks are in which state. */
import { type Counts, counts } from '../../queue/counts';
import { originals } from '../../queue/originals';
import { failuresLimit, pausedWords, runningLimit } from '../../tasks/limitWords';
import { number } from '../../tasks/words';
import { print, printJson } from '../console';
import { EXIT } from '../exit';
import { type QueueOptions, type RunOfFolder, withQueue } from '../queueAccess';

/** Returns the exit code. */
export async function status(options: QueueOptions): Promise<number> {
  return withQueue(options, async ({ queue, redis, run }) => {
    const now = await counts(queue);
    const { length: ofOriginal } = await originals(queue);
    if (options.json) {
      printJson({ redis, queue: queue.name, run: run ?? null, ...now, originals: ofOriginal });
      return EXIT.ok;
    }
    const rows: [label: string, count: number, remark?: string][] = [
      ['to do', now.todo, waiting(now.waitingForRetry)],
      ['in progress', now.inProgress, runningLimit(now.limits, now.held)],
      ['failed', now.failed, failuresLimit(now.limits)],
      ['finished', now.finished],
      ['workers', now.workers, ofOriginal > 0 ? `and ${number(ofOriginal)} of the original` : ''],
    ];
    const labelWidth = Math.max(...rows.map(([label]) => label.length));
    const countWidth = Math.max(...rows.map(([, count]) => number(count).length));
    print([heading(queue.name, redis, run), ...stops(now)].join(' · '));
    for (const [label, count, remark = ''] of rows) {
      const line = `  ${label.padEnd(labelWidth)}  ${number(count).padStart(countWidth)}  ${remark}`;
      print(line.trimEnd());
    }
    return EXIT.ok;
  });
}

/** Why nothing may start. */
function stops({ closed, paused, pausedAfterFailures }: Counts): string[] {
  return [...(closed ? ['closed'] : []), ...(paused ? [pausedWords(pausedAfterFailures)] : [])];
}

function waiting(count: number): string {
  return count > 0 ? `${number(count)} waiting for another attempt` : '';
}

function heading(queue: string, redis: string, run: RunOfFolder | undefined): string {
  if (!run) return `${queue} @ ${redis}`;
  return `${run.file}${run.running ? '' : ' · not running; run the file again to go on'}`;
}
