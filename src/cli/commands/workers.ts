/** `distcomp workers`: who works on the queue. */
import { type Outlier, outliersOf } from '../../queue/outliers';
import { type GoneWorker, type QueueWorker, roster } from '../../queue/workers';
import { type WorkerTasks, workerTasks } from '../../queue/workerTasks';
import {
  bufferedWords,
  coresInUse,
  goneWords,
  lanesInUse,
  lostSince,
  memoryInUse,
  outlierWords,
  rateOf,
  runningWords,
  switchedOff,
  wrongWith,
} from '../../queue/workerWords';
import { number, plural, visible } from '../../tasks/words';
import { print, printJson } from '../console';
import { EXIT } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';

/** Returns the exit code. */
export async function listWorkers(options: QueueOptions): Promise<number> {
  return withQueue(options, async ({ queue }) => {
    const { workers: all, lost, nowMs } = await roster(queue);
    const ours = all.filter(({ kind }) => kind === 'ours');
    const originals = all.filter(({ kind }) => kind === 'original');
    const asks = originals.map(({ name }) => ({ worker: name, running: 0, buffered: 0 }));
    const held = await workerTasks(queue, asks);
    const outliers = outliersOf(all);
    const unusual = ({ name }: QueueWorker) => outliers.get(name) ?? [];
    if (options.json) {
      printJson({
        workers: ours.map(worker => ({
          ...document(worker),
          outliers: unusual(worker).map(each => ({ kind: each.kind, words: outlierWords(each) })),
        })),
        originals: originals.map(worker => ({
          ...document(worker),
          running: held.get(worker.name)?.runningCount ?? null,
        })),
        lost,
      });
      return EXIT.ok;
    }
    print(heading(ours.length, originals.length));
    const rows = [
      ...all.map(worker => [
        worker.name,
        description(worker, nowMs, held.get(worker.name), unusual(worker)),
      ]),
      ...lost.map(gone => [gone.name, goneDescription(gone, nowMs)]),
    ].map(([name = '', words = '']) => [visible(name), words] as const);
    const width = Math.max(...rows.map(([name]) => name.length));
    for (const [name, words] of rows) print(`  ${name.padEnd(width)}  ${words}`.trimEnd());
    return EXIT.ok;
  });
}

/** For scripts. Machine and kind are ours to know. */
function document({ kind: _, machine: __, ...worker }: QueueWorker): object {
  return worker;
}

const goneDescription = (gone: GoneWorker, nowMs: number): string =>
  `${lostSince(gone.sinceMs, nowMs)} · ${goneWords(gone)}`;

function heading(ours: number, originals: number): string {
  if (ours + originals === 0) return 'No worker is live. Start one: distcomp worker';
  const theirs = originals > 0 ? `, ${number(originals)} of the original` : '';
  return plural(ours, 'worker') + theirs;
}

/** `8 of 8 lanes · 3 buffered · 61 of 128 GB · 14/s · off: prefetch`. */
function description(
  worker: QueueWorker,
  nowMs: number,
  held: WorkerTasks | undefined,
  outliers: readonly Outlier[],
): string {
  const { kind, details } = worker;
  const runs = held?.runningCount;
  return [
    kind === 'original' ? 'original' : undefined,
    ...wrongWith(worker, nowMs),
    ...outliers.map(outlierWords),
    lanesInUse(worker),
    kind === 'original' && runs !== undefined ? runningWords(runs) : undefined,
    details.buffered ? bufferedWords(details.buffered) : undefined,
    kind === 'original' ? coresInUse(worker) : undefined,
    memoryInUse(worker),
    rateOf(worker),
    switchedOff(worker),
  ]
    .filter(part => part !== undefined)
    .join(' · ');
}
