import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseAttempts } from '../../src/queue/attempt';
import { parseHolder } from '../../src/queue/membership';
import { programs } from '../setup/bundle';
import { startRedis, type TestRedis } from '../setup/redis';
import { until } from '../setup/until';
import { testFolder } from '../setup/workers';

const TASKS = 10_000;
const LANES = 4;
/** Tasks a lane that a worker may buffer, by default. */
const PREFETCH = 4;
const MINUTES = 60_000;

let server: TestRedis;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  redis = server.client();
});
afterAll(() => server.stop());

/** Each task says on which start of which worker it ran. */
const lineOf = (n: number) => `shell:1:0:0:echo "$DISTCOMP_INSTANCE ${n}" >> ran; echo ${n}`;

it('a run of 10,000 tasks finishes all of them though one of three workers is killed in the middle', {
  timeout: 8 * MINUTES,
}, async () => {
  const folder = await testFolder();
  const lines = Array.from({ length: TASKS }, (_, n) => lineOf(n));
  await writeFile(join(folder, 'many.tasks'), lines.join('\n'));
  const { cli } = programs();
  const run = spawn(
    process.execPath,
    [
      cli,
      '--redis',
      server.url,
      '--json',
      'run',
      'many.tasks',
      '--workers',
      '3',
      '--lanes',
      `${LANES}`,
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let printed = '';
  run.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const ended = once(run, 'close');
  await until(async () => (await redis.hlen('finished_tasks')) > TASKS / 4, {
    timeoutMs: 4 * MINUTES,
    describe: 'a quarter of the tasks to finish',
  });
  const killed = await killOneWorker();
  const [code] = await ended;

  expect(code).toBe(0);
  expect(await redis.hlen('finished_tasks')).toBe(TASKS);
  for (const hash of ['todo_tasks', 'in_progress_tasks', 'failed_tasks', 'distcomp:claims']) {
    expect([hash, await redis.hlen(hash)]).toEqual([hash, 0]);
  }
  expect(JSON.parse(printed)).toMatchObject({ submitted: TASKS, finished: TASKS, failed: 0 });
  await expectOnlyLostTasksRanAgain(await readFile(join(folder, 'ran'), 'utf8'), killed);
});

async function killOneWorker(): Promise<string> {
  const holder = await until(
    async () => Object.values(await redis.hgetall('distcomp:registry')).map(parseHolder)[0],
  );
  process.kill(holder.pid, 'SIGKILL');
  return holder.instance;
}

async function expectOnlyLostTasksRanAgain(ran: string, killed: string): Promise<void> {
  const instances = new Map<number, string[]>();
  for (const mark of ran.trim().split('\n')) {
    const [instance = '', n] = mark.split(' ');
    instances.set(Number(n), [...(instances.get(Number(n)) ?? []), instance]);
  }
  expect(instances.size).toBe(TASKS);
  const again = [...instances].filter(([, by]) => by.length > 1);
  for (const [n, by] of again) {
    expect(by).toHaveLength(2);
    expect(by[0]).toBe(killed);
    const records = parseAttempts((await redis.hget('distcomp:attempts', lineOf(n))) ?? '');
    const losses = records.map(record => record.lost ?? false);
    // The start of a buffered task travels with the next call. One whose worker is killed before that
    // goes back as one that never began.
    expect([[true, false], [false]]).toContainEqual(losses);
  }
  // What it held: a task a lane, and those buffered ones that began, or even ended, while the report of
  // the one before them was on its way.
  expect(again.length).toBeLessThanOrEqual(LANES * (1 + PREFETCH));
}
