/** What a real worker's heap holds after collection, while it runs many tasks. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '../../src/queue/connection';
import { counts } from '../../src/queue/counts';
import { DEFAULT_QUEUE } from '../../src/queue/keys';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { enqueue, taskOf } from '../setup/enqueue';
import { startRedis } from '../setup/redis';
import { until } from '../setup/until';
import { startWorker, testFolder } from '../setup/workers';

/** Collects, and says what is left, when it is told. */
const TELL_ON_SIGNAL = `process.on('SIGUSR2', () => {
  gc();
  require('node:fs').appendFileSync(process.env.CHAOS_HEAP, process.memoryUsage().heapUsed + '\\n');
});`;

/** Bytes, after each of `looks` equal parts of the tasks. */
export async function heapOverTasks(tasks: number, looks: number): Promise<number[]> {
  const server = await startRedis();
  const folder = await testFolder();
  const tell = join(folder, 'tell.cjs');
  const heaps = join(folder, 'heaps');
  await writeFile(tell, TELL_ON_SIGNAL);
  await writeFile(heaps, '');
  const queue = new Queue(await connect({ url: server.url }, 'people'), DEFAULT_QUEUE);
  const told = async () => (await readFile(heaps, 'utf8')).trim().split('\n').filter(Boolean);
  try {
    await submit(queue, [taskOf(0, 1)]);
    const worker = await startWorker({
      conf: { redis_url: server.url, output_retention_days: 0 },
      environment: { NODE_OPTIONS: `--expose-gc --require ${tell}`, CHAOS_HEAP: heaps },
      waitUntilReady: false,
    });
    for (let look = 1; look <= looks; look++) {
      const from = look === 1 ? 1 : Math.floor((tasks * (look - 1)) / looks);
      const to = Math.floor((tasks * look) / looks);
      await enqueue(queue, from, to, 1);
      await until(async () => (await counts(queue)).finished === to, { timeoutMs: 3_600_000 });
      worker.signal('SIGUSR2');
      await until(async () => (await told()).length === look);
    }
    return (await told()).map(Number);
  } finally {
    queue.redis.disconnect();
    await server.stop();
  }
}
