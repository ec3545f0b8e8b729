import { describe, expect, it } from 'vitest';
import { details } from '../../../src/queue/details';
import { removeFinished } from '../../../src/queue/removeFinished';
import { retry } from '../../../src/queue/retry';
import { submit } from '../../../src/queue/submit';
import { lastEnd, tally } from '../../../src/queue/tally';
import { Actor } from '../../setup/actor';
import { commandsDuring, lines, useQueue } from './harness';

const test = useQueue();

describe('what a queue has counted', () => {
  it('is nothing at first', async () => {
    expect(await tally(test.queue)).toEqual({ submitted: 0, finished: 0, failed: 0 });
    expect(await lastEnd(test.queue)).toBeUndefined();
  });

  it('only goes up, whatever is tried again or removed', async () => {
    const tasks = lines(3);
    await submit(test.queue, tasks);
    await submit(test.queue, tasks);
    const worker = await Actor.start(test.queue, 'w~1', { maxAttempts: 1 });
    const [fails = '', ...finish] = await worker.claim(3);
    worker.fail(fails, { exit: 1, err: 'err' });
    for (const line of finish) worker.finish(line, 'out');
    await worker.cycle();
    expect(await tally(test.queue)).toEqual({ submitted: 3, finished: 2, failed: 1 });
    await retry(test.queue, [fails]);
    await removeFinished(test.queue, { undoId: 'removed' });
    expect(await tally(test.queue)).toEqual({ submitted: 4, finished: 2, failed: 1 });
  });

  it('knows when a task last ended, by a few commands however many there are', async () => {
    await submit(test.queue, lines(50));
    const worker = await Actor.start(test.queue, 'w~1', { maxAttempts: 1 });
    const claimed = await worker.claim(50);
    const [first = '', second = ''] = claimed;
    worker.finish(first, 'out');
    await worker.cycle();
    worker.fail(second, { exit: 1, err: 'err' });
    await worker.cycle();
    const { attempts } = await details(test.queue, second);
    const commands = await commandsDuring(test.redis, async () => {
      expect(await lastEnd(test.queue)).toBe(attempts[0]?.end);
    });
    expect(commands.get('lindex')).toBe(2);
    expect(commands.get('evalsha')).toBe(2);
  });
});
