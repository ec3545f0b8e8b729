/** `distcomp status`: how many tasks are in which state. */
import { originals } from '../../queue/originals';
import { overview } from '../../queue/overview';
import { QueueRate } from '../../queue/queueRate';
import { failuresLimit, runningLimit } from '../../tasks/limitWords';
import { formatPace } from '../../tasks/rate';
import { number } from '../../tasks/words';
import { print, printJson } from '../console';
import { EXIT } from '../exit';
import { type QueueOptions, type RunOfFolder, withQueue } from '../queueAccess';

/** Returns the exit code. */
export async function status(options: QueueOptions): Promise<number> {
  return withQueue(options, async ({ queue, redis, run }) => {
    const seen = await overview(queue);
    const now = seen.counts;
    const rate = new QueueRate();
    rate.record(performance.now(), seen);
    const perSecond = rate.perSecond();
    const { length: ofOriginal } = await originals(queue);
    if (options.json) {
      const about = { redis, queue: queue.name, run: run ?? null };
      printJson({ ...about, ...now, originals: ofOriginal, perSecond: perSecond ?? null });
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
    // One look knows the rate of a run that goes on for a minute, and of no other.
    const remaining = perSecond === undefined ? 0 : now.todo + now.inProgress;
    const pace = formatPace({ ...now, remaining, perSecond, leftMs: rate.left()?.ms });
    print([heading(queue.name, redis, run), pace].filter(Boolean).join(' · '));
    for (const [label, count, remark = ''] of rows) {
      const line = `  ${label.padEnd(labelWidth)}  ${number(count).padStart(countWidth)}  ${remark}`;
      print(line.trimEnd());
    }
    return EXIT.ok;
  });
}

function waiting(count: number): string {
  return count > 0 ? `${number(count)} waiting for another attempt` : '';
}

function heading(queue: string, redis: string, run: RunOfFolder | undefined): string {
  if (!run) return `${queue} @ ${redis}`;
  return `${run.file}${run.running ? '' : ' · not running; run the file again to go on'}`;
}
