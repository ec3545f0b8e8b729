/** `npm run chaos -- --load`: 200 simulated workers with a million tasks, and the heap of a real worker over 100,000. */
import { expect, it } from 'vitest';
import { startRedis } from '../setup/redis';
import { heapOverTasks } from './heap';
import { bear } from './load';

const { tasks, workers }: { tasks: number; workers: number } = JSON.parse(
  process.env.CHAOS_OPTIONS ?? '{}',
);
const LANES = 16;
/** Of the first heap after collection, when all code has run once. */
const MOST_GROWTH = 1.25;

it('all tasks are done', { timeout: 0 }, async () => {
  const server = await startRedis();
  try {
    const found = await bear(server, { workers, tasks, lanes: LANES });
    const rate = Math.round(tasks / found.seconds);
    console.log(
      [
        `${workers} simulated workers finished ${found.finished} of ${tasks} tasks, ${rate} a second`,
        `Redis: ${Math.round(found.bytesWaiting)} bytes a task that waits, ${Math.round(found.bytesFinished)} a finished one`,
        `p99.9 of its calls: ${found.slowestMs.toFixed(2)} ms; in its slow log ${found.slowLog.length} of 10 ms and more, the longest ${Math.max(0, ...found.slowLog).toFixed(0)} ms`,
      ].join('\n'),
    );
    expect([found.finished, found.reported, found.left]).toEqual([tasks, tasks, 0]);
  } finally {
    await server.stop();
  }
});

it('the heap of a worker stays flat', { timeout: 0 }, async () => {
  const heaps = await heapOverTasks(tasks / 10, 10);
  const megabytes = heaps.map(bytes => (bytes / 1e6).toFixed(1));
  console.log(
    `A worker's heap after collection, over ${tasks / 10} tasks: ${megabytes.join(', ')} MB`,
  );
  const [first = 0] = heaps;
  expect(heaps.at(-1)).toBeLessThan(first * MOST_GROWTH);
});
