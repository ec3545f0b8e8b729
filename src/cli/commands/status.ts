/** `distcomp status`: how many tasks are in which state. */
import { counts } from '../../queue/counts';
import { number } from '../../tasks/words';
import { print, printJson } from '../console';
import { EXIT } from '../exit';
import { type QueueOptions, type RunOfFolder, withQueue } from '../queueAccess';

/** Returns the exit code. */
export async function status(options: QueueOptions): Promise<number> {
  return withQueue(options, async ({ queue, redis, run }) => {
    const now = await counts(queue);
    if (options.json) {
      printJson({ redis, queue: queue.name, run: run ?? null, ...now });
      return EXIT.ok;
    }
    const rows: [label: string, count: number, remark?: string][] = [
      ['to do', now.todo, waiting(now.waitingForRetry)],
      ['in progress', now.inProgress],
      ['failed', now.failed],
      ['finished', now.finished],
      ['workers', now.workers],
    ];
    const labelWidth = Math.max(...rows.map(([label]) => label.length));
    const countWidth = Math.max(...rows.map(([, count]) => number(count).length));
    print(heading(queue.name, redis, run) + (now.closed ? ' · closed' : ''));
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
