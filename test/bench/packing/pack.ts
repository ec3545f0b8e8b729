/** A whole run: hosts, a mix of tasks, until the last has ended. */
import { DEFAULT_QUEUE } from '../../../src/queue/keys';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { Actor } from '../../setup/actor';
import type { TestRedis } from '../../setup/redis';
import { SimulatedClock } from '../../unit/worker/simulation/clock';
import { seeded } from '../../unit/worker/simulation/random';
import { packingBoundMs } from './bound';
import { LogicalTime } from './logicalTime';
import { PackedWorker } from './packedWorker';
import { HOSTS, type SubmittedTask } from './workload';

export interface Packed {
  /** The bound over the makespan, in (0, 1]. */
  use: number;
  /** From its submission to its start, of the big task that waited longest, simulated ms. */
  longestBigWaitMs: number;
}

const LIMIT_MS = 1e8;

/** @throws when tasks are left */
export async function pack(
  server: TestRedis,
  tasks: readonly SubmittedTask[],
  bigTaskWaitMs: number,
): Promise<Packed> {
  const queue = new Queue(server.client(), DEFAULT_QUEUE);
  await queue.redis.flushall();
  const clock = new SimulatedClock();
  const byLine = new Map(tasks.map(task => [task.line, task]));
  const taskOf = (line: string) => {
    const task = byLine.get(line);
    if (!task) throw new Error(`nobody submitted ${line}`);
    return task;
  };
  const due: (() => Promise<void>)[] = [];
  const enqueue = (act: () => Promise<void>) => due.push(act);
  let ended = 0;
  let longestBigWaitMs = 0;
  const circumstances = {
    ...{ clock, bigTaskWaitMs, enqueue, taskOf, random: seeded(1) },
    time: new LogicalTime(queue, clock),
    onStart: ({ isBig, submitAtMs }: SubmittedTask) => {
      if (isBig) longestBigWaitMs = Math.max(longestBigWaitMs, clock.now - submitAtMs);
    },
    onEnd: () => ended++,
  };
  const workers: PackedWorker[] = [];
  for (const [i, host] of HOSTS.entries()) {
    const actor = await Actor.start(queue, `w${i}~1`, { capacityGb: host.memoryGb });
    workers.push(new PackedWorker(actor, host, circumstances));
  }
  for (const at of new Set(tasks.map(({ submitAtMs }) => submitAtMs))) {
    const lines = tasks.filter(({ submitAtMs }) => submitAtMs === at).map(({ line }) => line);
    clock.after(at, () => {
      enqueue(async () => {
        await submit(queue, lines);
        for (const worker of workers) worker.wake();
      });
    });
  }
  while (ended < tasks.length) {
    clock.run(() => due.length > 0, LIMIT_MS);
    if (due.length === 0) throw new Error(`${tasks.length - ended} tasks are left`);
    for (const act of due.splice(0)) await act();
  }
  const finished = await queue.redis.hlen(queue.keys.finished);
  queue.redis.disconnect();
  // What ended last is reported with the next call, which nobody makes any more.
  if (finished < tasks.length - HOSTS.length) throw new Error(`${finished} tasks are finished`);
  return { use: packingBoundMs(tasks, HOSTS) / clock.now, longestBigWaitMs };
}
