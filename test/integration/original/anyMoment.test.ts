/**
 * Each command of the original's manager at any moment of our workers' life, round trip by round trip:
 * nobody ends, nothing is lost, and no task is in two states once the queue was swept.
 */
import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { details } from '../../../src/queue/details';
import { recover } from '../../../src/queue/recover';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { SWEEP_START, sweep } from '../../../src/queue/sweep';
import { Actor } from '../../setup/actor';
import { checkInvariants } from '../../setup/invariants';
import { OriginalManager } from '../../setup/original/manager';
import type { Strand } from '../../setup/original/strand';
import { OriginalWorker } from '../../setup/original/worker';
import { lines, useQueue } from '../queue/harness';

const test = useQueue();

const tasks = [...lines(9), 'shell:1:0:0:echo a:b'];

type Command = (manager: OriginalManager) => Strand<unknown>;

const COMMANDS: Record<string, Command> = {
  cleanup: manager => manager.cleanup(),
  moveInProgressTaskToTodo: manager => manager.moveInProgressTaskToTodo(),
  moveFailedTaskToTodo: manager => manager.moveFailedTaskToTodo(),
  removeFinishedTask: manager => manager.removeFinishedTask(),
  loadTask: manager => manager.loadTask(`${tasks.join('\n')}\n`),
};

/** Its clock is so far ahead that to its `cleanup` everybody looks dead. */
const manager = () => new OriginalManager(test.redis, { now: () => Date.now() / 1000 + 86_400 });

/** Reports and claims; a worker whose name is gone renews first, as a real one does. */
async function cycle(actor: Actor, lanes: number): Promise<void> {
  const call = actor.prepareCycle({ lanes });
  const answer = await call.send();
  if (answer.kind === 'ok') actor.accept(call, answer);
  else expect(await actor.renew()).toMatchObject({ kind: 'ok' });
}

function finishAll(actor: Actor): void {
  for (const line of actor.lines) actor.finish(line);
}

/** A life of two workers, one round trip a step. */
function life(w: Actor, v: Actor): (() => Promise<unknown>)[] {
  const { queue } = test;
  return [
    () => cycle(w, 2),
    () => cycle(v, 2),
    () => {
      const [one, other] = w.lines;
      if (one) w.finish(one);
      if (other) w.fail(other);
      return cycle(w, 2);
    },
    () => w.renew(),
    () => sweep(queue, SWEEP_START, 500),
    () => {
      finishAll(v);
      return cycle(v, 2);
    },
    () => v.renew(),
    () => {
      for (const line of w.lines) w.fail(line);
      return cycle(w, 1);
    },
    () => recover(queue, 3600),
    () => sweep(queue, SWEEP_START, 500),
  ];
}

async function crew(): Promise<[Actor, Actor]> {
  const options = { retryElsewhereMs: 0, maxAttempts: 100 };
  const { queue } = test;
  return [await Actor.start(queue, 'w~1', options), await Actor.start(queue, 'v~1', options)];
}

/** Both go on until nothing is left that they could do. */
async function workOn(workers: readonly Actor[]): Promise<void> {
  for (let round = 0; ; round++) {
    await sweep(test.queue, SWEEP_START, 500);
    for (const actor of workers) {
      await actor.renew();
      finishAll(actor);
      await cycle(actor, 4);
    }
    const { todo } = await counts(test.queue);
    if (todo === 0 && workers.every(({ held }) => held.size === 0)) break;
    expect(round, 'rounds without an end').toBeLessThan(20);
  }
  await sweep(test.queue, SWEEP_START, 500);
}

/** How a command goes on beside us: one round trip after each of ours, or all of them at once. */
const PACES = { 'a step at a time': 1, 'at once': 1000 };

/** What is gone by intent: it was finished when the removal read the finished tasks. */
async function finishedBefore(name: string): Promise<string[]> {
  return name === 'removeFinishedTask' ? await test.redis.hkeys('finished_tasks') : [];
}

describe.each(Object.entries(PACES))('%s', (_pace, stepsAtOnce) => {
  it.each(Object.entries(COMMANDS))(
    '%s at any moment of our workers loses nothing',
    async (name, command) => {
      const { queue, redis } = test;
      const moments = 10;
      for (let moment = 0; moment <= moments; moment++) {
        await redis.flushall();
        await submit(queue, tasks);
        const [w, v] = await crew();
        const strand = command(manager());
        let removed: string[] = [];
        const steps = life(w, v);
        expect(steps).toHaveLength(moments);
        for (let at = 0; at <= moments; at++) {
          if (at === moment) removed = await finishedBefore(name);
          for (let n = 0; at >= moment && n < stepsAtOnce && (await strand.step()); n++);
          await steps[at]?.();
        }
        await strand.run();
        expect(strand.error).toBeUndefined();
        await workOn([w, v]);

        const left = tasks.filter(line => !removed.includes(line));
        expect(await states(queue, left)).toEqual(left.map(() => 'finished'));
        await checkInvariants(queue, left);
      }
    },
  );
});

describe('FLUSHALL by initRedis', () => {
  it('at any moment leaves an empty queue that works: names come back, no old result does', async () => {
    const { queue, redis } = test;
    for (let moment = 0; moment <= 10; moment++) {
      await redis.flushall();
      await submit(queue, tasks);
      const [w, v] = await crew();
      const steps = life(w, v);
      for (const step of steps.slice(0, moment)) await step();
      await manager().initRedis().run();
      for (const step of steps.slice(moment)) await step();
      await w.renew();
      await v.renew();
      expect((await redis.hkeys(queue.keys.registry)).sort()).toEqual(['v~1', 'w~1']);
      expect(await states(queue, tasks)).toEqual(tasks.map(() => 'absent'));
      await checkInvariants(queue, []);

      await submit(queue, tasks);
      await workOn([w, v]);
      expect(await states(queue, tasks)).toEqual(tasks.map(() => 'finished'));
      for (const line of tasks) expect((await details(queue, line)).attempts).toHaveLength(1);
      await checkInvariants(queue, tasks);
    }
  });
});

/** An original that claims, and whose tasks end and fail by turns; one round trip a step. */
class Stepped {
  readonly worker = new OriginalWorker(test.redis, 'n1');
  #ends = 0;

  async step(): Promise<void> {
    for (const process of this.worker.processes) {
      if (!process.report) process.end({ exit: this.#ends++ % 2 });
    }
    const [strand] = this.worker.ready.filter(each => each !== this.worker.main);
    // A traceback shows in its `error`.
    await (strand ?? this.worker.main).step().catch(() => undefined);
  }

  /** What it has taken is reported. */
  async end(): Promise<void> {
    while (isClaiming(this.worker.main)) await this.step();
    while (this.worker.processes.length > 0) await this.step();
  }
}

/** It took a task out of todo and has not written it down. */
function isClaiming({ next }: Strand): boolean {
  return next !== undefined && !('transaction' in next) && next[0] === 'HSET';
}

describe('with an original at work beside us', () => {
  it.each(Object.entries(COMMANDS))(
    '%s at any moment loses nothing, and ends no worker of ours',
    async (name, command) => {
      const { queue, redis } = test;
      for (let moment = 0; moment <= 10; moment++) {
        await redis.flushall();
        await submit(queue, tasks);
        const [w, v] = await crew();
        const n1 = new Stepped();
        await n1.worker.heartbeat.step();
        const strand = command(manager());
        const removable = new Set<string>();
        const finished = async () => {
          for (const line of await finishedBefore(name)) removable.add(line);
        };
        for (const [at, step] of [...life(w, v), async () => undefined].entries()) {
          for (let n = 0; n < 3; n++) await n1.step();
          if (at === moment) await finished();
          if (at >= moment) await strand.step();
          await step();
        }
        await n1.end();
        await strand.run();
        expect(strand.error).toBeUndefined();
        await workOn([w, v]);

        expect(n1.worker.main.error).toBeUndefined();
        const found = await states(queue, tasks);
        const gone = tasks.filter((_, i) => found[i] === 'absent');
        expect([...removable]).toEqual(expect.arrayContaining(gone));
        const left = tasks.filter(line => !gone.includes(line));
        expect(await states(queue, left)).toEqual(left.map(() => 'finished'));
        await checkInvariants(queue, left);
      }
    },
  );
});
