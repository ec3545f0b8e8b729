/** What people should know of a queue that they have just given tasks to. Pure. */
import { pausedWords } from '../tasks/limitWords';

export interface QueueSituation {
  queue: string;
  /** The original's stop field stands in todo. */
  closed: boolean;
  paused: boolean;
  pausedAfterFailures: number | null;
  /** Workers that are there or about to be. */
  live: number;
}

export function emptyHanded({
  queue,
  closed,
  paused,
  pausedAfterFailures,
  live,
}: QueueSituation): string[] {
  const warnings: string[] = [];
  if (closed) {
    warnings.push(
      `Queue "${queue}" is closed: workers take nothing while WORKER_COMMAND_CLOSE stands in todo_tasks. Open it: distcomp open`,
    );
  }
  if (paused) {
    const words = pausedWords(pausedAfterFailures);
    warnings.push(`Queue "${queue}" is ${words}. Go on: distcomp resume`);
  }
  if (live === 0) {
    warnings.push(
      'No DistComp worker is live: tasks wait until one starts. Start one: distcomp worker',
    );
  }
  return warnings;
}
