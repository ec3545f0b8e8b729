/** Two looks: what submits beside a live original waits for it, and no longer than it must. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { settle, twoLooks, UNSETTLED } from '../../../src/queue/looks';
import { originals } from '../../../src/queue/originals';
import { recover } from '../../../src/queue/recover';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { submitFile } from '../../../src/queue/submitFile';
import { readTaskFile } from '../../../src/tasks/file';
import { Actor } from '../../setup/actor';
import { checkInvariants } from '../../setup/invariants';
import { betweenLooks, lines, lookSixTimes, useQueue } from './harness';

const test = useQueue();

const BEAT = '1795485575:0.78:2.00:0.83:23.54';

const beat = (worker = 'n1', status = BEAT) => test.redis.hset('worker_status', worker, status);

describe('an original', () => {
  it('is a worker without a tilde, alive until it was looked at five times in vain', async () => {
    const { queue } = test;
    await Actor.start(queue, 'w~1');
    expect(await originals(queue)).toEqual([]);
    await beat();
    await beat('n2');
    expect(await originals(queue)).toEqual([
      { worker: 'n1', alive: true },
      { worker: 'n2', alive: true },
    ]);
    for (let look = 0; look < 6; look++) {
      await beat('n2', BEAT.replace('0.78', `0.${look}`));
      expect((await originals(queue)).every(({ alive }) => alive)).toBe(true);
      await recover(queue, 0);
    }
    const found = await originals(queue);
    expect(found.find(({ worker }) => worker === 'n1')).toEqual({ worker: 'n1', alive: false });
    expect(found.find(({ worker }) => worker === 'n2')).toEqual({ worker: 'n2', alive: true });
  });

  it('that is dead lives again with its next heartbeat, and may die again', async () => {
    const { queue } = test;
    await beat();
    await lookSixTimes(queue);
    await lookSixTimes(queue);
    expect(await originals(queue)).toEqual([{ worker: 'n1', alive: false }]);
    await beat('n1', BEAT.replace('0.78', '0.79'));
    expect(await originals(queue)).toEqual([{ worker: 'n1', alive: true }]);
    await recover(queue, 0);
    expect(await originals(queue)).toEqual([{ worker: 'n1', alive: true }]);
    await lookSixTimes(queue);
    expect(await originals(queue)).toEqual([{ worker: 'n1', alive: false }]);
  });

  it('that is dead loses nothing: neither its heartbeat nor what it runs', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await redis.hset('in_progress_tasks', line, 'n1');
    await beat();
    expect(await lookSixTimes(queue)).toEqual([]);
    expect(await redis.hgetall('in_progress_tasks')).toEqual({ [line]: 'n1' });
    expect(await redis.hgetall('worker_status')).toEqual({ n1: BEAT });
  });
});

/** Of this test's `performance.now`: no time passes while it stands. */
function standClock(stands: () => boolean): void {
  const real = performance.now.bind(performance);
  let last = real();
  let shown = last;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    const now = real();
    if (!stands()) shown += now - last;
    last = now;
    return shown;
  });
  onTestFinished(() => void clock.mockRestore());
}

describe('two looks', () => {
  it('are one, at once, while no original is alive', async () => {
    const seen: string[] = [];
    const act = async (some: string[], first: string) => {
      seen.push(first);
      return 'x'.repeat(some.length);
    };
    expect(await twoLooks(test.queue, lines(2500), act)).toBe('x'.repeat(2500));
    await beat();
    await lookSixTimes(test.queue);
    expect(await twoLooks(test.queue, lines(2500), act)).toBe('x'.repeat(2500));
    expect(seen).toEqual(['', '', '', '', '', '']);
  });

  it('come a second apart, with the letters of the first', async () => {
    const { queue } = test;
    const [todo = '', absent = ''] = lines(2);
    await submit(queue, [todo]);
    await beat();
    const seen: string[] = [];
    const start = performance.now();
    const found = await twoLooks(queue, [todo, absent], async (_, first) => {
      seen.push(first);
      return 'ab';
    });
    expect(performance.now() - start).toBeGreaterThanOrEqual(1000);
    expect(found).toBe('ab');
    expect(seen).toEqual(['t-']);
  });

  it('wait once for many chunks, and hold no more than 64 of them', async () => {
    const { queue } = test;
    await beat();
    let looked = 0;
    let acted = 0;
    let most = 0;
    const source = function* () {
      for (let chunk = 0; chunk < 200; chunk++) {
        looked += 1;
        most = Math.max(most, looked - acted);
        yield [`shell:1:0:0:echo ${chunk}`];
      }
    };
    const act = async () => {
      acted += 1;
      return 'a';
    };
    // However long 64 looks take: none of them is over a second old before the last one.
    standClock(() => looked < 200 && looked - acted < 64);
    const order: string[] = [];
    for await (const { settled } of settle(queue, source(), line => line, act)) {
      order.push(...settled.map(({ item }) => item));
    }
    expect(order).toEqual(Array.from({ length: 200 }, (_, i) => `shell:1:0:0:echo ${i}`));
    expect(most).toBe(64);
  });

  it('are repeated for lines that moved, three times, and for no others', async () => {
    const { queue } = test;
    await beat();
    const [still = '', moves = '', later = ''] = lines(3);
    const calls: string[][] = [];
    const found = await twoLooks(queue, [moves, still, later], async some => {
      calls.push(some);
      const letter = (line: string) =>
        line === moves || (line === later && calls.length === 1) ? UNSETTLED : 'a';
      return some.map(letter).join('');
    });
    expect(found).toBe('uaa');
    expect(calls).toEqual([[moves, still, later], [moves, later], [moves], [moves]]);
  });
});

describe('submit beside an original', () => {
  it('adds what is in no hash in two looks, and answers at once to what stands somewhere', async () => {
    const { queue, redis } = test;
    const [todo = '', running = '', failed = '', fresh = '', gone = ''] = lines(5);
    const colons = 'shell:1:0:0:echo a:b';
    await submit(queue, [todo]);
    await redis.hset('in_progress_tasks', running, 'n1');
    await redis.hset('failed_tasks', failed, 'n1,');
    await redis.hset('in_progress_tasks', gone, 'n1');
    await beat();
    // n1 dies between two commands: it is nowhere after the first look, and in the two after that.
    const verdicts = await betweenLooks(
      redis,
      () => submit(queue, [todo, running, failed, fresh, colons, gone]),
      () => redis.hdel('in_progress_tasks', gone),
    );
    expect(verdicts).toEqual(['todo', 'in_progress', 'retried', 'added', 'added', 'added']);
    await checkInvariants(queue, [todo, running, failed, fresh, colons, gone]);
  });

  it('adds nothing of what an original moves', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await redis.hset('failed_tasks', line, 'n1,');
    await beat();
    const verdicts = await betweenLooks(
      redis,
      () => submit(queue, [line]),
      () => redis.hset('in_progress_tasks', line, 'n1'),
    );
    expect(verdicts).toEqual(['in_progress']);
    expect(await redis.hgetall('failed_tasks')).toEqual({ [line]: 'n1,' });
  });

  it('says what an original would do with python and demo tasks that it can see', async () => {
    const { queue } = test;
    const file = [
      'python:1:0:0:print(1)',
      'demo:1:0:0:hello',
      'demo:1:0:0:hello 2',
      'python:1:0:0:print("a:b")',
      'shell:1:0:0:true',
      'no task',
    ].join('\n');
    const entries = () =>
      readTaskFile(
        (async function* () {
          yield file;
        })(),
      );
    const listener = { onProblem: () => undefined };
    expect(await submitFile(queue, entries(), listener)).toEqual({
      added: 5,
      retried: 0,
      already: 0,
      unsettled: 0,
      problems: 1,
      pythonBesideOriginal: 0,
      demoBesideOriginal: 0,
    });
    await beat();
    expect(await submitFile(queue, entries(), listener)).toMatchObject({
      already: 5,
      problems: 1,
      pythonBesideOriginal: 1,
      demoBesideOriginal: 2,
    });
  });

  it('takes a file of 20,000 lines with one wait, in order, in spite of the looks', async () => {
    const { queue } = test;
    const tasks = lines(20_000);
    await beat();
    const submitted: number[] = [];
    const progress: number[] = [];
    const counts = await submitFile(
      queue,
      readTaskFile(
        (async function* () {
          yield tasks.join('\n');
        })(),
      ),
      {
        onProblem: () => undefined,
        onSubmitted: (_task, lineNumber) => submitted.push(lineNumber),
        onProgress: read => progress.push(read),
      },
    );
    expect(counts.added).toBe(20_000);
    expect(submitted).toEqual(tasks.map((_, i) => i + 1));
    expect(progress).toEqual(Array.from({ length: 20 }, (_, i) => (i + 1) * 1000));
    expect(new Set(await states(queue, tasks))).toEqual(new Set(['todo']));
  });
});
