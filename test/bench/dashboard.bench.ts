/**
 * What the dashboard costs the window that it is in, over two minutes of a busy queue beside half a minute of a
 * quiet one: gaps between frames, heap of the page, messages.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame } from 'playwright-core';
import { expect } from 'vitest';
import { connect } from '../../src/queue/connection';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { dashboardPage, showPart } from '../e2e/dashboardPage';
import { startWorkbench } from '../e2e/workbench';
import { enqueue, taskOf } from '../setup/enqueue';
import { startRedis } from '../setup/redis';
import { startWorker } from '../setup/workers';
import { benchmark } from './suite/benchmark';
import { quantile } from './suite/statistics';

const QUIET_SECONDS = 30;
const BUSY_SECONDS = 120;
const TASKS = 200_000;

interface Measured {
  /** Milliseconds between one frame and the next, all of them. */
  gaps: number[];
  messages: number;
  bytes: number;
  heapMb: number;
}

benchmark('The dashboard for two minutes', async bench => {
  const server = await startRedis();
  const queue = new Queue(await connect({ url: server.url }, 'bench'), 'default');
  await submit(queue, [taskOf(0, 1)]);
  await enqueue(queue, 1, TASKS, 1);
  const workspace = await mkdtemp(join(tmpdir(), 'distcomp-bench-'));
  const workbench = await startWorkbench({
    workspace,
    settings: { 'distcomp.redis.url': server.url },
  });
  try {
    await workbench.runCommand('DistComp: Open Dashboard');
    const page = await dashboardPage(workbench);
    await showPart(page, 'Tasks');
    await bench.contest('phases', {
      title: 'The page while nothing happens, and while tasks end',
      figures: FIGURES,
      rounds: 1,
      warmUps: 0,
      reference: 'quiet',
      competitors: {
        quiet: async () => figuresOf(await measure(page, QUIET_SECONDS), QUIET_SECONDS),
        async busy() {
          const conf = { redis_url: server.url, max_task_per_worker: 2 };
          const worker = await startWorker({ conf });
          const busy = await measure(page, BUSY_SECONDS);
          worker.signal('SIGTERM');
          await worker.ended;
          expect(await queue.redis.hlen('finished_tasks')).toBeGreaterThan(0);
          return figuresOf(busy, BUSY_SECONDS);
        },
      },
    });
  } finally {
    await workbench.close();
    queue.redis.disconnect();
    await server.stop();
    await rm(workspace, { recursive: true, force: true });
  }
});

/** Counts in the page what happens in it for so long. */
async function measure(page: Frame, seconds: number): Promise<Measured> {
  await page.evaluate(`{
    window.measured = { gaps: [], messages: 0, bytes: 0, isOn: true };
    let last = performance.now();
    const frame = now => {
      measured.gaps.push(now - last);
      last = now;
      if (measured.isOn) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    window.counting ??= addEventListener('message', ({ data }) => {
      measured.messages++;
      measured.bytes += JSON.stringify(data).length;
    }) ?? true;
  }`);
  await sleep(seconds * 1_000);
  return page.evaluate<Measured>(`{
    measured.isOn = false;
    ({ ...measured, heapMb: performance.memory.usedJSHeapSize / 2 ** 20 });
  }`);
}

const FIGURES = {
  frames: { unit: '/s', better: 'more' },
  'gap p50': { unit: 'ms', better: 'less' },
  'gap p99': { unit: 'ms', better: 'less' },
  'longest gap': { unit: 'ms', better: 'less' },
  messages: { unit: '/s', better: 'less' },
  received: { unit: 'kB/s', better: 'less' },
  heap: { unit: 'MB', better: 'less' },
} as const;

function figuresOf({ gaps, messages, bytes, heapMb }: Measured, seconds: number) {
  return {
    frames: gaps.length / seconds,
    'gap p50': quantile(gaps, 0.5),
    'gap p99': quantile(gaps, 0.99),
    'longest gap': Math.max(...gaps),
    messages: messages / seconds,
    received: bytes / 1_024 / seconds,
    heap: heapMb,
  };
}
