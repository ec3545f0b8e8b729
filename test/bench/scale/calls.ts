/** What workers and views ask of a queue, each timed. */
import { details } from '../../../src/queue/details';
import { failureSummaries } from '../../../src/queue/failureSummaries';
import { history } from '../../../src/queue/history';
import { overview } from '../../../src/queue/overview';
import { page } from '../../../src/queue/pages';
import type { Queue } from '../../../src/queue/queue';
import { search } from '../../../src/queue/search';
import type { TaskState } from '../../../src/queue/states';
import { roster } from '../../../src/queue/workers';
import type { Actor } from '../../setup/actor';
import { median } from '../suite/statistics';

const ROWS = 100;
/** A sample is the median of so many claims or reports: the smallest queue has enough tasks for all rounds. */
const CLAIMS = 100;
/** A sample is the median of the calls of so many ms: of the shortest ones hundreds. */
const SAMPLE_MS = 200;
const LEAST_CALLS = 30;

type Timed = (queue: Queue, worker: Actor) => Promise<unknown>;

const firstPage =
  (state: TaskState): Timed =>
  queue =>
    page(queue, state, undefined, ROWS);

/** Beside what stands in front of them here, `claim` and `report`. */
export const CALLS: Readonly<Record<string, Timed>> = {
  overview: queue => overview(queue),
  'page of todo': firstPage('todo'),
  'of in progress': firstPage('in_progress'),
  'of failed': firstPage('failed'),
  'of finished': firstPage('finished'),
  'search step': async queue => {
    for await (const step of search(queue, 'todo', 'nowhere')) return step;
    return undefined;
  },
  details: async (queue, worker) => details(queue, worker.lines[0] ?? ''),
  failures: queue => failureSummaries(queue, ROWS),
  workers: queue => roster(queue),
  history: async queue => {
    const minute = Math.floor(Date.now() / 60_000);
    return history(queue, minute - 59, minute);
  },
};

/** Claims and reports a task, times over. @returns ms a call, the median of each */
export async function timeClaims(worker: Actor): Promise<{ claim: number; report: number }> {
  const claims: number[] = [];
  const reports: number[] = [];
  for (let i = 0; i < CLAIMS; i++) {
    let claimed: string[] = [];
    claims.push(await timed(async () => (claimed = await worker.claim(1))));
    const [line] = claimed;
    if (line === undefined) throw new Error('nothing is left to be claimed');
    worker.finish(line);
    reports.push(await timed(() => worker.cycle()));
  }
  return { claim: median(claims), report: median(reports) };
}

/** @returns ms a call, the median */
export async function timeCall(call: Timed, queue: Queue, worker: Actor): Promise<number> {
  const times: number[] = [];
  const endsAt = performance.now() + SAMPLE_MS;
  while (times.length < LEAST_CALLS || performance.now() < endsAt) {
    times.push(await timed(() => call(queue, worker)));
  }
  return median(times);
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const beganAt = performance.now();
  await act();
  return performance.now() - beganAt;
}
