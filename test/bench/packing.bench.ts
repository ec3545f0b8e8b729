/**
 * How well hosts of several sizes are filled by tasks of several needs, and how long a task waits that
 * needs all of a host's memory while smaller ones are always there. What fits is decided by the real
 * scripts in a real Redis, and by the worker's own room; time is simulated.
 */
import { startRedis } from '../setup/redis';
import { pack } from './packing/pack';
import { workload } from './packing/workload';
import { benchmark } from './suite/benchmark';

/** Of `big_task_wait_seconds`, in ms. */
const WAITS = {
  'after 60 s': 60_000,
  never: 86_400_000,
};
const BIG_AT_MS = [60_000, 240_000, 420_000];

benchmark('Packing', async bench => {
  const server = await startRedis();
  const small = bench.isFull ? 3000 : 300;
  try {
    await bench.contest('packing', {
      title: `${small} small tasks and ${BIG_AT_MS.length} that need a whole host, on 5 hosts of 16 to 128 GB; a host is kept free for a big one`,
      figures: {
        use: { unit: 'of the bound', better: 'more' },
        'longest wait of a big task': { unit: 's', better: 'less' },
      },
      rounds: bench.isFull ? 5 : 2,
      warmUps: 0,
      competitors: Object.fromEntries(
        Object.entries(WAITS).map(([name, waitMs]) => {
          let seed = 0;
          return [
            name,
            async () => {
              const tasks = workload(++seed, small, BIG_AT_MS);
              const { use, longestBigWaitMs } = await pack(server, tasks, waitMs);
              return { use, 'longest wait of a big task': longestBigWaitMs / 1000 };
            },
          ];
        }),
      ),
    });
    bench.goal({
      says: 'longest wait of a big task: 60 s, the longest small task, and a poll of the worker',
      ...{ contest: 'packing', figure: 'longest wait of a big task', of: 'after 60 s' },
      atMost: 60 + 180 + 5,
    });
  } finally {
    await server.stop();
  }
});
