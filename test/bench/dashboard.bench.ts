/**
 * What the dashboard costs the window that it is in, over two minutes of a busy queue beside half a minute of a
 * quiet one: gaps between frames, heap of the page, messages. By hand, after `npm run package`:
 * `npm run bench -- test/bench/dashboard.bench.ts`. It prints, and judges nothing.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame } from 'playwright-core';
import { expect, it } from 'vitest';
import { connect } from '../../src/queue/connection';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { dashboardPage, showPart } from '../e2e/dashboardPage';
import { startWorkbench } from '../e2e/workbench';
import { enqueue, taskOf } from '../setup/enqueue';
import { startRedis } from '../setup/redis';
import { startWorker } from '../setup/workers';

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

it('the dashboard for two minutes', { timeout: 600_000 }, async () => {
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
    const quiet = await measure(page, QUIET_SECONDS);
    const conf = { redis_url: server.url, max_task_per_worker: 2 };
    const worker = await startWorker({ conf });
    const busy = await measure(page, BUSY_SECONDS);
    worker.signal('SIGTERM');
    await worker.ended;
    const finished = await queue.redis.hlen('finished_tasks');
    expect(finished).toBeGreaterThan(0);
    tell(quiet, busy, finished);
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

function tell(quiet: Measured, busy: Measured, finished: number): void {
  const row = (name: string, { gaps, messages, bytes, heapMb }: Measured, seconds: number) => ({
    phase: name,
    'frames/s': (gaps.length / seconds).toFixed(1),
    'gap p50 ms': quantile(gaps, 0.5).toFixed(1),
    'gap p99 ms': quantile(gaps, 0.99).toFixed(1),
    'gap max ms': Math.max(...gaps).toFixed(0),
    'messages/s': (messages / seconds).toFixed(2),
    'kB/s': (bytes / 1_024 / seconds).toFixed(1),
    'heap MB': heapMb.toFixed(1),
  });
  console.table([row('quiet', quiet, QUIET_SECONDS), row('busy', busy, BUSY_SECONDS)]);
  const ratio = quantile(busy.gaps, 0.99) / quantile(quiet.gaps, 0.99);
  console.log(`99th gap, busy to quiet: ${ratio.toFixed(2)}; ${finished} tasks finished meanwhile`);
}

const quantile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(part * (values.length - 1))] ?? 0;
