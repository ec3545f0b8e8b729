/** A host with little memory: a cgroup of its own, and tasks that take more and more. */
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { details } from '../../../src/queue/details';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { memoryCgroup, type TestCgroup } from '../../setup/cgroup';
import { checkInvariants } from '../../setup/invariants';
import { until } from '../../setup/until';
import { startWorker, type TestWorker, testFolder } from '../../setup/workers';
import { useQueue } from '../queue/harness';

const MB = 1024 ** 2;
const LIMIT_MB = 512;

/** Takes memory in steps of 8 MB up to so many, each when the file "beats" has grown by a line. */
const GROW = `
import os, sys, time
def beats():
    return os.path.getsize('beats')
begun = beats()
held = []
for step in range(int(sys.argv[1]) // 8):
    while beats() - begun <= step:
        time.sleep(0.02)
    held.append(bytearray(b'x') * (8 << 20))
print(sys.argv[1])
`;

const test = useQueue();
let cgroup: TestCgroup;
let folder: string;

beforeEach(async () => {
  cgroup = memoryCgroup(`distcomp-test-${process.pid}`, LIMIT_MB * MB);
  folder = await testFolder();
  await writeFile(join(folder, 'grow.py'), GROW);
  await writeFile(join(folder, 'beats'), '');
});
afterEach(() => cgroup.remove());

/** A worker that keeps 120 MB free, and ends all that it runs when it is stopped. */
async function startSmallWorker(): Promise<TestWorker> {
  return startWorker({
    folder,
    before: cgroup.enter,
    conf: {
      redis_url: test.server.url,
      min_dram_gb_accept_new_task: 0.16,
      min_dram_gb_trigger_return: 0.12,
      retry_elsewhere_seconds: 0,
      max_retry_per_task: 2,
    },
  });
}

async function stop(worker: TestWorker): Promise<void> {
  worker.signal('SIGTERM');
  expect(await worker.ended).toMatchObject({ code: 0 });
}

/**
 * Until the worker has left, tasks go on with each heartbeat: between two of them the worker looks at its memory, so it can be in time on a
 * machine of any speed.
 */
async function pace(): Promise<void> {
  await until(async () => (await test.redis.hlen('worker_status')) > 0);
  const beat = async () => (await test.redis.hvals('worker_status'))[0];
  for (let last = await beat(); last !== undefined; ) {
    const now = await until(async () => {
      const seen = await beat();
      return seen !== last && { seen };
    });
    last = now.seen;
    await appendFile(join(folder, 'beats'), '.');
  }
}

const allEnded = (lines: readonly string[]) =>
  until(
    async () => (await states(test.queue, lines)).every(s => s === 'finished' || s === 'failed'),
    { describe: async () => `all to end, now ${await states(test.queue, lines)}` },
  );

describe('a host whose memory runs short', () => {
  it('gives tasks back before the kernel kills any, learns what they need, and ends them all', async () => {
    const lines = Array.from({ length: 6 }, (_, i) => `shell:${i}:0:0:python3 grow.py 160 ${i}`);
    await submit(test.queue, lines);
    const worker = await startSmallWorker();
    const paced = pace();
    // What was ended for the sake of memory carries its need while it waits.
    await until(
      async () => Object.keys(await test.redis.hgetall(test.queue.keys.needs)).length > 0,
      {
        describe: () => `a task to be given back; the worker said ${worker.log()}`,
      },
    );
    await allEnded(lines);
    await stop(worker);
    await paced;
    expect(cgroup.oomKills()).toBe(0);
    expect(cgroup.peak()).toBeLessThan(LIMIT_MB * MB);
    expect(worker.log()).toMatch(/GB of memory left: ended, it goes back to the queue/);
    for (const line of lines) {
      const { state, attempts, reason } = await details(test.queue, line);
      if (state === 'finished') expect(attempts[0]).toMatchObject({ exit: 0 });
      else expect(reason).toMatch(/^ended to save the memory of its host, at \d+\.\d\d GB$/);
    }
    expect(await test.redis.hget(test.queue.keys.stats, 'returned')).not.toBeNull();
    await checkInvariants(test.queue, lines);
  });

  it('fails a task that runs alone and takes more than there is', async () => {
    const line = 'shell:1:0:0:python3 grow.py 2000';
    await submit(test.queue, [line]);
    const worker = await startSmallWorker();
    const paced = pace();
    await allEnded([line]);
    await stop(worker);
    await paced;
    const { state, attempts, reason } = await details(test.queue, line);
    expect(state).toBe('failed');
    expect(attempts.map(({ memory }) => memory)).toEqual([true, true]);
    expect(reason).toMatch(/^needs more memory than this host has: it was ended at 0\.\d\d GB$/);
    expect(await test.redis.hget(test.queue.keys.failures, 'memory')).toBe('1');
    expect(cgroup.oomKills()).toBe(0);
    await checkInvariants(test.queue, [line]);
  });
});
