/**
 * Records real runs: workers, shells and a Redis as users have them, and what `overview` reads of the queue
 * twice a second. By hand, a few minutes long: `npx vitest run --project record`. What it writes to
 * `test/fixtures/runs` is what `test/unit/queue/estimatedEnd.test.ts` measures the estimated end against.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { connect } from '../../src/queue/connection';
import { overview } from '../../src/queue/overview';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { printRun, type RecordedLook, recordedLook } from '../setup/recordedRun';
import { startRedis } from '../setup/redis';
import { startWorker, type TestWorker } from '../setup/workers';
import { MEASURED } from '../unit/worker/simulation/durations';
import { type Durations, drawDurations, seeded } from '../unit/worker/simulation/random';

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'runs');
const LOOK_EVERY_MS = 500;

interface Recording {
  name: string;
  /** One a worker. */
  lanes: readonly number[];
  tasks: number;
  /** Of the order of the tasks. */
  seed: number;
  /** Seconds. */
  durations: Durations;
  /** The second half of the tasks takes so many times as long. */
  laterBy?: number;
  /** The last worker leaves when half of the tasks have ended. */
  oneLeaves?: boolean;
}

/** Of what is random one run says little. */
const three = (recording: Recording): Recording[] =>
  [1, 2, 3].map(seed => ({ ...recording, seed, name: `${recording.name}-${seed}` }));

const EIGHT = { lanes: [4, 4], tasks: 480, seed: 1 };

const RECORDINGS: readonly Recording[] = [
  { ...EIGHT, name: 'constant', durations: MEASURED.constant(1.5) },
  ...three({ ...EIGHT, name: 'exponential', durations: MEASURED.exponential(1.5) }),
  ...three({ ...EIGHT, name: 'lognormal', durations: MEASURED.lognormal(1.5) }),
  ...three({ ...EIGHT, name: 'pareto', durations: MEASURED.pareto(1.5) }),
  { ...EIGHT, name: 'few-lanes', lanes: [2], tasks: 90, durations: MEASURED.exponential(2) },
  { ...EIGHT, name: 'slower-midway', durations: MEASURED.exponential(0.75), laterBy: 3 },
  { ...EIGHT, name: 'one-leaves', durations: MEASURED.exponential(1.2), oneLeaves: true },
];

it('records runs', { timeout: 600_000 }, async () => {
  const server = await startRedis();
  try {
    const runs = await Promise.all(RECORDINGS.map(each => record(server.url, each)));
    for (const [i, looks] of runs.entries()) {
      expect(looks.at(-1)).toMatchObject({ todo: 0, inProgress: 0 });
      await writeFile(join(FOLDER, `${RECORDINGS[i]?.name}.csv`), printRun(looks));
    }
  } finally {
    await server.stop();
  }
});

async function record(url: string, recording: Recording): Promise<RecordedLook[]> {
  const { name, lanes, tasks } = recording;
  const queue = new Queue(await connect({ url }, 'test'), name);
  const workers: TestWorker[] = [];
  for (const [i, each] of lanes.entries()) {
    const conf = { redis_url: url, queue: name, max_task_per_worker: each, worker: `${name}-${i}` };
    workers.push(await startWorker({ conf }));
  }
  await submit(queue, linesOf(recording));
  const looks: RecordedLook[] = [];
  const began = performance.now();
  for (let left = tasks; left > 0; ) {
    const seen = await overview(queue);
    left = seen.counts.todo + seen.counts.inProgress;
    looks.push(recordedLook(performance.now() - began, seen));
    if (recording.oneLeaves && left < tasks / 2) workers.at(-1)?.signal('SIGTERM');
    await sleep(LOOK_EVERY_MS);
  }
  queue.redis.disconnect();
  return looks;
}

function linesOf({ tasks, durations, seed, laterBy = 1 }: Recording): string[] {
  const drawn = drawDurations(durations, tasks, seeded(seed));
  return drawn.map((seconds, i) => {
    const takes = seconds * (i < tasks / 2 ? 1 : laterBy);
    return `shell:1:0:0:sleep ${takes.toFixed(2)} # ${i}`;
  });
}
