/** Load: hundreds of simulated workers that speak the real protocol and run no shells, on one real Redis. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isAway } from '../../src/queue/away';
import { connect } from '../../src/queue/connection';
import { counts } from '../../src/queue/counts';
import { DEFAULT_QUEUE } from '../../src/queue/keys';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { Actor, type Call } from '../setup/actor';
import { enqueue, taskOf } from '../setup/enqueue';
import type { TestRedis } from '../setup/redis';

export interface Load {
  readonly workers: number;
  readonly tasks: number;
  /** Each worker runs so many at once, and buffers as many. */
  readonly lanes: number;
}

export interface LoadResult {
  readonly seconds: number;
  /** What the memory of Redis grew by, a task: while all wait, and when all have finished. */
  readonly bytesWaiting: number;
  readonly bytesFinished: number;
  /** Of all calls in the run, how long the slowest thousandth took Redis at least, ms. */
  readonly slowestMs: number;
  /** All calls that its slow log has, ms: those of 10 ms and more. */
  readonly slowLog: readonly number[];
  /** Ended by the workers, as they count. */
  readonly reported: number;
  readonly finished: number;
  readonly left: number;
}

/** The first task is submitted, so that there is a generation; the others come as `submit` would have left them. */
export async function bear(server: TestRedis, load: Load): Promise<LoadResult> {
  const people = new Queue(await connect({ url: server.url }, 'people'), DEFAULT_QUEUE);
  const { redis } = people;
  const empty = await usedBytes(people);
  await submit(people, [taskOf(0, 1)]);
  await enqueue(people, 1, load.tasks, 1);
  const waiting = await usedBytes(people);
  await redis.config('SET', 'latency-tracking-info-percentiles', '99.9');
  await redis.config('RESETSTAT');
  await redis.config('SET', 'slowlog-max-len', SLOW_LOG_MAX);
  await redis.slowlog('RESET');
  const began = performance.now();
  const reported = await Promise.all(
    Array.from({ length: load.workers }, (_, i) => work(server.url, `simulated~${i + 1}`, load)),
  );
  const seconds = (performance.now() - began) / 1000;
  const slowestMs = await slowestThousandth(people);
  const slowLog = await readSlowLog(people);
  const { finished, todo, inProgress } = await counts(people);
  const finishedBytes = await usedBytes(people);
  redis.disconnect();
  return {
    seconds,
    bytesWaiting: (waiting - empty) / load.tasks,
    bytesFinished: (finishedBytes - empty) / load.tasks,
    slowestMs,
    slowLog,
    reported: reported.reduce((sum, count) => sum + count, 0),
    finished,
    left: todo + inProgress,
  };
}

const RENEW_MS = 2000;
const SLOW_LOG_MAX = 100_000;

/** Claims and finishes until nothing is left; answers how many tasks it finished. */
async function work(url: string, name: string, { lanes }: Load): Promise<number> {
  const queue = new Queue(await connect({ url }, name), DEFAULT_QUEUE);
  const actor = await Actor.start(queue, name, { lanes });
  let finished = 0;
  let renewed = performance.now();
  for (;;) {
    if (performance.now() - renewed > RENEW_MS) {
      const heartbeat = actor.prepareRenew();
      actor.acceptRenewal(await answered(heartbeat));
      renewed = performance.now();
    }
    const ended = actor.lines;
    for (const line of ended) {
      if (!actor.held.get(line)?.runs) actor.begin(line);
      actor.finish(line, line);
    }
    finished += ended.length;
    const call = actor.prepareCycle({ lanes, buffer: lanes });
    const claimed = actor.accept(call, await answered(call));
    if (claimed.length > 0 || ended.length > 0) continue;
    const { todo, inProgress } = await counts(queue);
    if (todo + inProgress === 0) break;
    await sleep(50);
  }
  await actor.leave();
  queue.redis.disconnect();
  return finished;
}

/** As a real worker: what was under way when the connection broke is sent again, with its number. */
async function answered<Answer>({ send }: Call<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!isAway(error)) throw error;
      await sleep(50);
    }
  }
}

async function usedBytes({ redis }: Queue): Promise<number> {
  return Number(/^used_memory_dataset:(\d+)/m.exec(await redis.info('memory'))?.[1]);
}

/** How long each of its entries took, ms. */
async function readSlowLog({ redis }: Queue): Promise<number[]> {
  const entries: unknown = await redis.call('SLOWLOG', 'GET', SLOW_LOG_MAX);
  if (!Array.isArray(entries)) throw new Error('no slow log');
  // An entry is its number, when it was, and how long it took in microseconds.
  return entries.map(entry => Number(entry[2]) / 1000);
}

/** Of the calls of scripts, by which all is done. */
async function slowestThousandth({ redis }: Queue): Promise<number> {
  const found = /^latency_percentiles_usec_evalsha:p99.9=([\d.]+)/m.exec(
    await redis.info('latencystats'),
  );
  return Number(found?.[1]) / 1000;
}
