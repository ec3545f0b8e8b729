/**
 * A Redis that cut the end of its file may have done the beginning of a call alone. Each beginning of each call that
 * moves tasks: whatever is not lost altogether, which an audit finds, is claimed and finished by somebody.
 */
import { describe, expect, it } from 'vitest';
import { cancel } from '../../../src/queue/cancel';
import { retry } from '../../../src/queue/retry';
import { submit } from '../../../src/queue/submit';
import { SWEEP_START, sweep } from '../../../src/queue/sweep';
import { Actor } from '../../setup/actor';
import { type Command, longestTransaction, writtenBy } from '../../setup/transactions';
import { lines, lookSixTimes, useQueue } from './harness';

const test = useQueue({ appendonly: true });

const TASKS = [...lines(3), ...lines(2, 'shell:1:2:1'), 'shell:1:0:0:echo a:b'];

type Prepared = () => Promise<unknown>;

/** What is done before, and the call. */
const CALLS: Record<string, (w: Actor, v: Actor) => Promise<Prepared>> = {
  'a submission': async () => () => submit(test.queue, lines(3, 'shell:4:1:0')),
  'a claim': async w => () => w.claim(4),
  'a claim that buffers': async w => () => w.claim(1, { buffer: 2 }),
  'a report of results': async w => {
    const [first = '', second = ''] = await w.claim(3);
    w.finish(first);
    w.finish(second);
    return () => w.cycle();
  },
  'a report of a failed attempt': async w => {
    const [first = ''] = await w.claim(3);
    w.fail(first);
    return () => w.cycle();
  },
  'a claim of what another had failed': async (w, v) => {
    await w.claim(TASKS.length);
    for (const line of TASKS) w.fail(line);
    await w.cycle();
    return () => v.claim(TASKS.length);
  },
  'a report of what goes back': async w => {
    const [first = ''] = await w.claim(3);
    w.giveBack(first);
    return () => w.cycle();
  },
  'the end of a worker': async w => {
    await w.claim(3);
    return () => w.leave();
  },
  'a cancellation': async w => {
    await w.claim(3);
    return () => cancel(test.queue, TASKS);
  },
  'a retry': async () => {
    const once = await Actor.start(test.queue, 'once~1', { maxAttempts: 1 });
    const failed = await once.claim(2);
    for (const line of failed) once.fail(line);
    await once.cycle();
    return () => retry(test.queue, failed);
  },
};

/** The commands before a call, and those of the call. */
async function written(name: string): Promise<ReturnType<typeof longestTransaction>> {
  const { queue } = test;
  await submit(queue, TASKS);
  const [w, v] = [await Actor.start(queue, 'w~1'), await Actor.start(queue, 'v~1')];
  const call = await CALLS[name]?.(w, v);
  const before = await writtenBy(test.server);
  await call?.();
  const commands = await writtenBy(test.server);
  const found = longestTransaction(commands.slice(before.length));
  const begin = commands.findLastIndex(([word]) => word?.toUpperCase() === 'FLUSHALL') + 1;
  return { ...found, before: [...before.slice(begin), ...found.before] };
}

async function play(commands: readonly Command[]): Promise<void> {
  const pipeline = test.redis.pipeline();
  for (const [word = '', ...rest] of commands) {
    if (word !== 'MULTI' && word !== 'EXEC') pipeline.call(word, ...rest);
  }
  await pipeline.exec();
}

/** What waits, or is somebody's. */
async function left(): Promise<string[]> {
  const { keys } = test.queue;
  const hashes = [keys.todo, keys.ownTodo, keys.inProgress, keys.ownInProgress];
  return (await Promise.all(hashes.map(key => test.redis.hkeys(key)))).flat();
}

describe('the beginning alone of', () => {
  it.each(Object.keys(CALLS))('%s leaves no task that nobody gets', async name => {
    const { queue, redis } = test;
    const { before, within } = await written(name);
    expect(within.length).toBeGreaterThan(3);
    for (let done = 0; done <= within.length; done++) {
      await redis.flushall();
      await play([...before, ...within.slice(0, done)]);
      await sweep(queue, SWEEP_START, 500);
      // Those that had called are gone with what they held.
      await lookSixTimes(queue);
      await (await Actor.start(queue, 'z~1')).drain();
      const last = within[done - 1]?.join(' ').slice(0, 100);
      expect(await left(), `after ${done} of ${within.length}: ${last}`).toEqual([]);
    }
  });
});
