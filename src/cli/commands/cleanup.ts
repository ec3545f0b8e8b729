/** `distcomp cleanup`: what dead originals left in progress goes back to the queue. */
import { cleanup, cleanupByForce, type LeftTasks } from '../../queue/cleanup';
import { lookAtWorkers } from '../../queue/lookAtWorkers';
import { isOriginal, originals } from '../../queue/originals';
import type { Queue } from '../../queue/queue';
import { workers } from '../../queue/workers';
import { forcedWords, lostWords, workerState } from '../../queue/workerWords';
import { number, plural, visible } from '../../tasks/words';
import { print, printJson, say } from '../console';
import { EXIT, UsageError } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';

export interface CleanupOptions extends QueueOptions {
  worker?: string;
  force?: true;
}

/** Returns the exit code. */
export async function cleanUp(options: CleanupOptions): Promise<number> {
  const { worker, force } = options;
  if (force && worker === undefined) {
    throw new UsageError('--force is for one worker of the original. Name it: --worker NAME');
  }
  if (worker !== undefined && !isOriginal(worker)) {
    throw new UsageError(
      `${visible(worker)} is a worker of DistComp: when it is lost, its tasks go back by themselves. To end it: distcomp drain ${visible(worker)}`,
    );
  }
  return withQueue(options, async ({ queue, config }) => {
    if (worker !== undefined && force) return cleanOne(queue, worker, options);
    await look(queue, config.worker_dead_seconds, worker);
    const { dead, unknown } = await cleanup(queue, worker);
    const alive = (await originals(queue)).filter(one => one.alive).map(one => one.worker);
    if (worker !== undefined && dead.length === 0) {
      throw new UsageError(notDead(worker, alive.includes(worker), unknown));
    }
    if (options.json) printJson({ cleaned: dead, alive, withoutHeartbeat: unknown });
    else print(inWords(dead, alive.length, worker === undefined ? unknown : []));
    return EXIT.ok;
  });
}

/** With word of it, since it takes as long as it takes to find a worker lost. */
async function look(queue: Queue, deadSeconds: number, only: string | undefined): Promise<void> {
  const undecided = (await workers(queue)).filter(
    one => (only ?? one.name) === one.name && workerState(one) !== 'lost',
  );
  if (undecided.length > 0) {
    const { length } = undecided;
    const whom = length === 1 ? 'a worker' : `${number(length)} workers`;
    const whose = undecided.every(({ kind }) => kind === 'original') ? ' of the original' : '';
    say(`Looking for up to ${number(deadSeconds)} s whether ${whom}${whose} sent a heartbeat.`);
  }
  const lost = await lookAtWorkers(queue, deadSeconds, only === undefined ? {} : { only: [only] });
  for (const one of lost) say(lostWords(one));
}

async function cleanOne(queue: Queue, worker: string, { json }: CleanupOptions): Promise<number> {
  const tasks = await cleanupByForce(queue, worker);
  if (json) printJson({ cleaned: [{ worker, tasks }] });
  else print(forcedWords(worker, tasks));
  return EXIT.ok;
}

function notDead(worker: string, alive: boolean, unknown: LeftTasks[]): string {
  const name = visible(worker);
  if (alive) {
    return `${name} is alive: its heartbeat changes. If it runs nothing any more, end it; then its tasks go back with: distcomp cleanup --worker ${name} --force`;
  }
  const left = unknown.find(one => one.worker === worker);
  if (!left) return `No worker of the original is called ${name}.`;
  return `${name} has no heartbeat: it may be starting. If it is gone, its ${plural(left.tasks, 'task')} can go back: distcomp cleanup --worker ${name} --force`;
}

function inWords(dead: LeftTasks[], alive: number, unknown: LeftTasks[]): string {
  const lines = dead.map(({ worker, tasks }) => {
    const what = tasks > 0 ? `${plural(tasks, 'task')} went back to the queue` : 'it ran nothing';
    return `${visible(worker)} is dead: ${what}.`;
  });
  if (dead.length === 0) {
    lines.push(
      alive === 0
        ? 'No worker of the original is on this queue.'
        : `No worker of the original is dead; ${number(alive)} ${alive === 1 ? 'is' : 'are'} alive.`,
    );
  }
  for (const { worker, tasks } of unknown) {
    const name = visible(worker);
    lines.push(
      `${plural(tasks, 'task')} ${tasks === 1 ? 'stands' : 'stand'} under ${name}, which has no heartbeat. If it is gone: distcomp cleanup --worker ${name} --force`,
    );
  }
  return lines.join('\n');
}
