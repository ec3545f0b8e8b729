/** `distcomp drain`: workers finish what they run and end. */
import { drain } from '../../queue/drain';
import { type QueueWorker, workers } from '../../queue/workers';
import { drainWords } from '../../queue/workerWords';
import { number, visible } from '../../tasks/words';
import { print, printJson } from '../console';
import { EXIT, UsageError } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';

export interface DrainOptions extends QueueOptions {
  all?: true;
}

const MOST_NAMED = 20;

/** Returns the exit code. */
export async function drainWorkers(named: string[], options: DrainOptions): Promise<number> {
  if (named.length > 0 === (options.all === true)) {
    throw new UsageError('Give the names of workers, or --all.');
  }
  return withQueue(options, async ({ queue }) => {
    const known = await workers(queue);
    const ours = known.filter(({ kind }) => kind === 'ours').map(({ name }) => name);
    const names = options.all ? ours : [...new Set(named)];
    const unknown = await drain(queue, names);
    // With --all, those that ended meanwhile.
    if (unknown.length > 0 && !options.all) throw new UsageError(unknownWorkers(unknown, known));
    const draining = names.filter(name => !unknown.includes(name));
    if (options.all && unknown.length > 0) await drain(queue, draining);
    if (options.json) printJson({ draining });
    else print(draining.length === 0 ? 'No DistComp worker is live.' : drainWords(draining.length));
    return EXIT.ok;
  });
}

function unknownWorkers(unknown: string[], known: QueueWorker[]): string {
  const original = unknown.find(name =>
    known.some(worker => worker.name === name && worker.kind === 'original'),
  );
  if (original !== undefined) {
    return `${visible(original)} is a worker of the original: it ends with all others when the queue is closed (distcomp close).`;
  }
  const ours = known.filter(({ kind }) => kind === 'ours').map(({ name }) => visible(name));
  const names = unknown.map(visible).join(', ');
  if (ours.length === 0) return `No worker is called ${names}: no DistComp worker is live.`;
  const more = ours.length > MOST_NAMED ? ` and ${number(ours.length - MOST_NAMED)} more` : '';
  return `No worker is called ${names}. There are ${ours.slice(0, MOST_NAMED).join(', ')}${more}.`;
}
