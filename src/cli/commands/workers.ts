/** `distcomp workers`: who works on the queue. */
import { type QueueWorker, workers } from '../../queue/workers';
import { lasting, number, plural, visible } from '../../tasks/words';
import { print, printJson } from '../console';
import { EXIT } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';

/** A heartbeat comes every two seconds, unless the configuration says otherwise. */
const LATE_MS = 10_000;

/** Returns the exit code. */
export async function listWorkers(options: QueueOptions): Promise<number> {
  return withQueue(options, async ({ queue }) => {
    const all = await workers(queue);
    const ours = all.filter(({ kind }) => kind === 'ours');
    const originals = all.filter(({ kind }) => kind === 'original');
    if (options.json) {
      const withoutKind = ({ kind: _, ...worker }: QueueWorker) => worker;
      printJson({ workers: ours.map(withoutKind), originals: originals.map(withoutKind) });
      return EXIT.ok;
    }
    print(heading(ours.length, originals.length));
    const width = Math.max(...all.map(({ name }) => visible(name).length));
    for (const worker of all) {
      print(`  ${visible(worker.name).padEnd(width)}  ${description(worker)}`.trimEnd());
    }
    return EXIT.ok;
  });
}

function heading(ours: number, originals: number): string {
  if (ours + originals === 0) return 'No worker is live. Start one: distcomp worker';
  const theirs = originals > 0 ? `, ${number(originals)} of the original` : '';
  return plural(ours, 'worker') + theirs;
}

/** `8 of 8 lanes · 3 buffered · 61 of 128 GB · 14/s · off: prefetch`. */
function description(worker: QueueWorker): string {
  const { details, load, draining, kind, heartbeatAgeMs } = worker;
  const { lanes, running, buffered, rate, problem } = details;
  const parts: string[] = [];
  if (kind === 'original') parts.push('original');
  if (heartbeatAgeMs === undefined) parts.push('no heartbeat yet');
  else if (heartbeatAgeMs >= LATE_MS) parts.push(`no heartbeat for ${lasting(heartbeatAgeMs)}`);
  if (draining) parts.push('draining');
  if (problem !== undefined) parts.push(visible(problem));
  if (lanes !== undefined) parts.push(`${number(running ?? 0)} of ${plural(lanes, 'lane')}`);
  if (buffered) parts.push(`${number(buffered)} buffered`);
  if (load && kind === 'original') {
    parts.push(`${amount(load.usedCores)} of ${amount(load.totalCores)} cores`);
  }
  if (load) parts.push(`${amount(load.usedGb)} of ${amount(load.totalGb)} GB`);
  if (rate) parts.push(`${rate < 10 ? rate.toFixed(1) : number(Math.round(rate))}/s`);
  return [...parts, ...switchedOff(details.switches)].join(' · ');
}

/** All are on by default: what is off is what one looks for. */
function switchedOff(switches: QueueWorker['details']['switches']): string[] {
  const off = Object.entries(switches).filter(([, value]) => value === false || value === 0);
  return off.length === 0 ? [] : [`off: ${off.map(([name]) => visible(name)).join(', ')}`];
}

/** Small machines are told apart by tenths. */
const amount = (value: number) =>
  value < 9.95 && !Number.isInteger(value) ? value.toFixed(1) : number(Math.round(value));
