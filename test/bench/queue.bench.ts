/**
 * The queue alone: submission, and the way of tasks that nobody runs from todo to finished. All clients are in this
 * process, real connections to a real Redis; so the CPU that a task takes on both sides tells more than the rate.
 */
import { startRedis } from '../setup/redis';
import {
  bullSubmission,
  bullWorking,
  cycling,
  moves,
  originalWorking,
  pinging,
  rawSubmission,
  submission,
} from './competitors/queues';
import { benchmark } from './suite/benchmark';

const FIGURES = {
  rate: { unit: 'tasks/s', better: 'more' },
  redis: { unit: 'µs a task', better: 'less' },
  client: { unit: 'µs a task', better: 'less' },
  commands: { unit: 'a task', better: 'less' },
} as const;

benchmark('The queue: tasks that nobody runs', async bench => {
  const size = bench.isFull ? 10 : 1;
  // Node compiles what runs during the first thousands.
  const [many, some, few, slow] = [10_000 * size, 10_000 * size, 3_000 * size, 500 * size];
  const rounds = bench.isFull ? 9 : 5;
  const server = await startRedis();
  const cycle = (workers: number, batch: number, tasks: number) => () =>
    moves(server, tasks, () => cycling(server, tasks, workers, batch));
  const bull = (workers: number, concurrency: number, tasks: number) => () =>
    moves(server, tasks, () => bullWorking(server, tasks, workers, concurrency));
  try {
    await bench.contest('submit', {
      title: `Submission of ${many} tasks`,
      figures: FIGURES,
      reference: 'HSETNX in pipelines',
      rounds,
      competitors: {
        'HSETNX in pipelines': () => moves(server, many, () => rawSubmission(server, many)),
        DistComp: () => moves(server, many, () => submission(server, many)),
        'BullMQ, addBulk': () => moves(server, many, () => bullSubmission(server, many)),
      },
    });
    await bench.contest('cycle', {
      title: 'One worker that runs nothing',
      figures: FIGURES,
      reference: 'BullMQ, 32 at a time',
      rounds,
      competitors: {
        'DistComp, 32 a call': cycle(1, 32, some),
        'BullMQ, 32 at a time': bull(1, 32, some),
        'DistComp, 8 a call': cycle(1, 8, some),
        'BullMQ, 8 at a time': bull(1, 8, some),
        'DistComp, 1 a call': cycle(1, 1, few),
        'BullMQ, 1 at a time': bull(1, 1, few),
        'a PING a task': () => moves(server, few, () => pinging(server, few)),
        'the nine round trips': () => moves(server, slow, () => originalWorking(server, slow)),
      },
    });
    await bench.contest('workers', {
      title: 'Workers that run nothing, 8 tasks at a time each',
      figures: FIGURES,
      reference: 'BullMQ, 8 workers',
      rounds,
      competitors: Object.fromEntries(
        [1, 8, 64].flatMap(workers => {
          const name = workers === 1 ? '1 worker' : `${workers} workers`;
          return [
            [`DistComp, ${name}`, cycle(workers, 8, some)],
            [`BullMQ, ${name}`, bull(workers, 8, some)],
          ];
        }),
      ),
    });
  } finally {
    await server.stop();
  }
  bench.goal({
    says: 'submission beside raw pipelines',
    contest: 'submit',
    figure: 'rate',
    of: 'DistComp',
    over: 'HSETNX in pipelines',
    atLeast: 0.5,
  });
  for (const batch of [32, 8, 1]) {
    bench.goal({
      says: `${batch} at a time beside BullMQ`,
      contest: 'cycle',
      figure: 'rate',
      of: `DistComp, ${batch} a call`,
      over: `BullMQ, ${batch} at a time`,
      atLeast: 4,
    });
  }
  bench.goal({
    says: '64 workers beside BullMQ',
    contest: 'workers',
    figure: 'rate',
    of: 'DistComp, 64 workers',
    over: 'BullMQ, 64 workers',
    atLeast: 4,
  });
});
