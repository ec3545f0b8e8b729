/**
 * What the extension costs the window that it is in: its activation, until the tree and the dashboard show something,
 * until a change is seen, and what the dashboard takes beside 200 workers that work.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '../../src/queue/connection';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { showPart } from '../e2e/dashboardPage';
import { manyWorkers, WORKERS } from '../e2e/manyWorkers';
import { enqueue, taskOf } from '../setup/enqueue';
import { startRedis } from '../setup/redis';
import { startWorker } from '../setup/workers';
import { type Frames, framesOf } from './interface/frames';
import { refreshMs, TimedWindow } from './interface/window';
import { type Bench, benchmark } from './suite/benchmark';
import type { Competitor } from './suite/rounds';
import { quantile } from './suite/statistics';

const MS = { unit: 'ms', better: 'less' } as const;
const SIZES = [1_000, 1_000_000];
const nameOf = (tasks: number) => `${tasks.toLocaleString('en-US')} tasks`;

benchmark('The interface', async bench => {
  await sizes(bench);
  await opening(bench);
  await phases(bench);
});

/** A queue of so many tasks and 200 workers, in a Redis of its own. */
async function withQueue<T>(
  tasks: number,
  use: (queue: Queue, url: string) => Promise<T>,
): Promise<T> {
  const server = await startRedis();
  const queue = new Queue(await connect({ url: server.url }, 'bench'), 'default');
  try {
    await submit(queue, [taskOf(0, 1)]);
    await enqueue(queue, 1, tasks, 1);
    await manyWorkers(queue);
    return await use(queue, server.url);
  } finally {
    queue.redis.disconnect();
    await server.stop();
  }
}

async function opening(bench: Bench): Promise<void> {
  const run =
    (tasks: number): Competitor =>
    () =>
      withQueue(tasks, async (queue, url) => {
        const window = await TimedWindow.start(url);
        try {
          const tree = await window.treeMs();
          const { ms: dashboard, page } = await window.dashboardMs();
          const refresh = await refreshMs(page, queue, 10);
          return { tree, dashboard, refresh, activation: await window.activationMs() };
        } finally {
          await window.close();
        }
      });
  await bench.contest('opening', {
    title: `A window beside a queue with ${WORKERS} workers`,
    figures: { activation: MS, tree: MS, dashboard: MS, refresh: MS },
    rounds: bench.isFull ? 5 : 1,
    warmUps: 0,
    competitors: Object.fromEntries(SIZES.map(tasks => [nameOf(tasks), run(tasks)])),
  });
  const [few, many] = SIZES.map(nameOf);
  bench.goal({
    says: 'until a change is seen: a million tasks over a thousand',
    ...{ contest: 'opening', figure: 'refresh', of: many ?? '', over: few ?? '', atMost: 1.3 },
  });
}

/** The table of workers is in sight, each of whose rows changes every two seconds. */
async function phases(bench: Bench): Promise<void> {
  const tasks = 200_000;
  const seconds = bench.isFull ? { quiet: 30, busy: 120 } : { quiet: 15, busy: 60 };
  await withQueue(tasks, async (queue, url) => {
    const window = await TimedWindow.start(url);
    try {
      const { page } = await window.dashboardMs();
      await showPart(page, 'Workers');
      await bench.contest('phases', {
        title: `The dashboard with ${WORKERS} workers: ${seconds.quiet} s of nothing, ${seconds.busy} s in which they beat and one runs tasks`,
        figures: {
          'frame gap p50': MS,
          'frame gap p99': MS,
          messages: { unit: 'a second', better: 'less' },
          traffic: { unit: 'kB/s', better: 'less' },
          heap: { unit: 'MB', better: 'less' },
        },
        reference: 'quiet',
        rounds: 1,
        warmUps: 0,
        competitors: {
          quiet: async () => figuresOf(await framesOf(page, seconds.quiet), seconds.quiet),
          busy: async () => {
            const stop = keepBeating(queue);
            const conf = { redis_url: url, max_task_per_worker: 2 };
            const worker = await startWorker({ conf });
            const frames = await framesOf(page, seconds.busy);
            worker.signal('SIGTERM');
            await Promise.all([worker.ended, stop()]);
            if ((await queue.redis.hlen(queue.keys.finished)) === 0) throw new Error('nothing ran');
            return figuresOf(frames, seconds.busy);
          },
        },
      });
      bench.goal({
        // Gaps are whole frames, and clocks round.
        says: 'the 99th gap between frames, busy over quiet: one frame late',
        ...{ contest: 'phases', figure: 'frame gap p99', of: 'busy', over: 'quiet', atMost: 2.1 },
      });
    } finally {
      await window.close();
    }
  });
}

/** Each of the workers says something else of its host every two seconds. */
function keepBeating(queue: Queue): () => Promise<unknown> {
  const steps = 8;
  let step = 0;
  let last: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    step++;
    last = beat(queue, step, steps);
  }, 2000 / steps);
  return () => {
    clearInterval(timer);
    return last;
  };
}

async function beat(queue: Queue, step: number, steps: number): Promise<void> {
  const { redis, keys } = queue;
  const names = (await redis.hkeys(keys.workers)).filter((_, i) => i % steps === step % steps);
  const [seconds = 0] = await redis.time();
  const load = `${(step % 80) / 10}:8:${(step % 24) + 0.5}:24`;
  const status = names.map(name => [name, `${Number(seconds) + 3600}:${load}`] as const);
  if (status.length > 0) await redis.hset(keys.status, Object.fromEntries(status));
}

const figuresOf = ({ gaps, messages, bytes, heapMb }: Frames, seconds: number) => ({
  'frame gap p50': quantile(gaps, 0.5),
  'frame gap p99': quantile(gaps, 0.99),
  messages: messages / seconds,
  traffic: bytes / 1_024 / seconds,
  heap: heapMb,
});

/** As `npm run package` made them. */
async function sizes(bench: Bench): Promise<void> {
  const project = join(import.meta.dirname, '..', '..');
  const bundles = (await readdir(join(project, 'dist'))).filter(name => /\.(js|css)$/.test(name));
  const files = ['distcomp.vsix', ...bundles.sort().map(name => join('dist', name))];
  const size = async (file: string) => (await stat(join(project, file))).size / 1_024;
  await bench.contest('sizes', {
    title: 'Files',
    figures: { size: { unit: 'kB', better: 'less' } },
    rounds: 1,
    warmUps: 0,
    competitors: Object.fromEntries(
      files.map(file => [file, async () => ({ size: await size(file) })]),
    ),
  });
  bench.goal({
    says: 'size of the package',
    ...{ contest: 'sizes', figure: 'size', of: 'distcomp.vsix', atMost: 1_024 },
  });
}
