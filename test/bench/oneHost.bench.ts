/**
 * Shells that do nothing, on one host, as many at a time for each competitor: what is left is what starting a
 * task costs. DistComp, BullMQ and the original go through Redis, submission and result included.
 */
import { availableParallelism } from 'node:os';
import { startRedis } from '../setup/redis';
import { startBull } from './competitors/bull';
import { startDistcomp } from './competitors/distcomp';
import { originalRate } from './competitors/original';
import { compile, runProgram } from './competitors/programs';
import { benchmark } from './suite/benchmark';

/** The lanes of a worker, and the jobs of the others. */
const JOBS = 2 * availableParallelism();

/** A host on which `sh` is bash, for one process and all below it. Needs root. */
const WITH_BASH = `exec unshare --mount /bin/sh -c 'mount --bind /bin/bash /bin/dash && exec "$@"' sh "$@"`;

benchmark('One host: shells that do nothing', async bench => {
  const size = bench.isFull ? 4 : 1;
  // Some seconds each: Node compiles what a worker runs during its first two thousand tasks.
  const [many, some, few] = [1500 * size, 300 * size, 100 * size];
  const server = await startRedis({ appendonly: true });
  const posixSpawn = compile('posixSpawn');
  const dash = await startDistcomp(server, 'dash', { max_task_per_worker: JOBS });
  const bash = await startDistcomp(server, 'bash', { max_task_per_worker: JOBS }, WITH_BASH);
  const spawning = await startDistcomp(server, 'off', { max_task_per_worker: JOBS, lanes: false });
  const bull = await startBull(server, JOBS);
  const numbers = (count: number) => Array.from({ length: count }, (_, at) => `${at}\n`).join('');
  const xargs = ['xargs', '-P', String(JOBS), '-n', '1', 'sh', '-c', 'true'];
  try {
    await bench.contest('shells', {
      title: `\`sh -c true\`, ${JOBS} at a time on ${availableParallelism()} cores`,
      figures: {
        rate: { unit: 'tasks/s', better: 'more' },
        cpu: { unit: 'ms a task', better: 'less' },
        worker: { unit: 'ms', better: 'less' },
        redis: { unit: 'ms', better: 'less' },
      },
      reference: 'xargs -P',
      rounds: bench.isFull ? 9 : 5,
      once: ['the original'],
      competitors: {
        'posix_spawn in C': () => runProgram([posixSpawn, String(JOBS), String(many)], many),
        'DistComp, dash': () => dash.work(many),
        'xargs -P': () => runProgram(xargs, many, numbers(many)),
        'DistComp, sh is bash': () => bash.work(some),
        'xargs -P, sh is bash': () =>
          runProgram(['/bin/sh', '-c', WITH_BASH, 'sh', ...xargs], some, numbers(some)),
        'DistComp, lanes off': () => spawning.work(some),
        BullMQ: () => bull.work(some),
        'GNU parallel': () =>
          runProgram(
            ['parallel', '-j', String(JOBS)],
            few,
            Array.from({ length: few }, () => 'true\n').join(''),
          ),
        'the original': async () => ({ rate: await originalRate(server, 4) }),
      },
    });
  } finally {
    await bull.stop();
    for (const { queue } of [dash, bash, spawning]) queue.redis.disconnect();
    await server.stop();
  }
  const about = { contest: 'shells', figure: 'rate', of: 'DistComp, dash' };
  bench.goal({ ...about, says: 'faster than xargs', over: 'xargs -P', atLeast: 1.3 });
  bench.goal({ ...about, says: 'faster than GNU parallel', over: 'GNU parallel', atLeast: 7 });
  bench.goal({
    ...about,
    says: 'CPU beyond posix_spawn, Redis included',
    figure: 'cpu',
    beyond: 'posix_spawn in C',
    atMost: 1,
  });
});
