/** Every command that we send, from scripts too, must be one of Redis 6.2. */
import { describe, expect, it } from 'vitest';
import { cancel, cancelAll } from '../../../src/queue/cancel';
import { cleanup, cleanupByForce } from '../../../src/queue/cleanup';
import { clear } from '../../../src/queue/clear';
import { close, open } from '../../../src/queue/close';
import { counts } from '../../../src/queue/counts';
import { details, findTask } from '../../../src/queue/details';
import { drain } from '../../../src/queue/drain';
import { exportedTasks } from '../../../src/queue/export';
import { failedWithin } from '../../../src/queue/failedWithin';
import { failureKinds, linesOfKind } from '../../../src/queue/failures';
import { undoable } from '../../../src/queue/journal';
import { lookAtWorkers } from '../../../src/queue/lookAtWorkers';
import { overview } from '../../../src/queue/overview';
import { page } from '../../../src/queue/pages';
import { pause, resume } from '../../../src/queue/pause';
import { queues } from '../../../src/queue/queues';
import { removeFinished } from '../../../src/queue/removeFinished';
import { retry } from '../../../src/queue/retry';
import { search } from '../../../src/queue/search';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { SWEEP_START, sweep } from '../../../src/queue/sweep';
import { lastEnd, tally } from '../../../src/queue/tally';
import { undo } from '../../../src/queue/undo';
import { whyWaiting } from '../../../src/queue/waitingFacts';
import { followEvents } from '../../../src/queue/watch';
import { workers } from '../../../src/queue/workers';
import { workerTasks } from '../../../src/queue/workerTasks';
import { taskId } from '../../../src/tasks/task';
import { Actor } from '../../setup/actor';
import { until } from '../../setup/until';
import { lines, lookSixTimes, useQueue } from './harness';

const test = useQueue();

/** Everything that the queue can do, on every way through its scripts that has commands of its own. */
async function workOut(): Promise<void> {
  const { queue, redis } = test;
  const tasks = [...lines(40), 'shell:1:0:0:echo a:b', 'shell:9:5:0:big', 'shell:9:6:0:bigger'];
  const [line = ''] = tasks;
  let told = 0;
  const follower = followEvents(queue, () => told++);
  await until(() => told > 0);
  await submit(queue, tasks);
  await submit(queue, tasks);
  await redis.hset('todo_tasks', 'shell:3:0:0:theirs', '', 'no task', '');
  await sweep(queue, SWEEP_START, 500);
  const w = await Actor.start(queue, 'w~1', { maxAttempts: 2, retryElsewhereMs: 0 });
  await w.claim(4, { memoryGb: 5 });
  for (let round = 0; round < 3; round++) {
    const [finishes = '', fails = '', goesBack = ''] = await w.claim(4);
    w.finish(finishes, 'out');
    w.fail(fails, { exit: 1, err: 'err' });
    w.giveBack(goesBack);
  }
  await w.cycle();
  const call = w.prepareCycle({ lanes: 2 });
  await call.send();
  await call.send();
  await w.renew();
  await lookSixTimes(queue);
  await w.renew();
  const next = new Actor(queue, 'w~1');
  await next.takeOver(w);
  await next.claim(2);
  await next.leave();
  await overview(queue);
  await queues(redis);
  for (const state of ['todo', 'in_progress', 'failed', 'finished'] as const) {
    for await (const _ of search(queue, state, 'err'));
  }
  const { rows } = await page(queue, 'failed', undefined, 100);
  const failed = rows.map(row => row.line).filter(line => line !== 'no task');
  await retry(queue, failed);
  await submit(queue, failed.slice(0, 1));
  for (const state of ['todo', 'in_progress', 'finished', 'failed'] as const) {
    for (let cursor: string | undefined, n = 0; n === 0 || cursor; n++) {
      cursor = (await page(queue, state, cursor, 10)).next;
    }
  }
  await counts(queue);
  await states(queue, tasks);
  await details(queue, line);
  await tally(queue);
  await lastEnd(queue);
  const failures = { from: 0, to: 1, sinceMs: 0, untilMs: Date.now() };
  for await (const _ of failedWithin(queue, failures));
  await findTask(queue, taskId(line));
  for await (const _ of exportedTasks(queue, 'all'));
  for (const { signature } of await failureKinds(queue)) {
    for await (const _ of linesOfKind(queue, signature));
  }
  await until(() => told > 1);
  await operate();
  for (const act of [retry, cancel]) await act(queue, failed, { undoId: act.name });
  for (const act of [removeFinished, clear]) await act(queue, { undoId: act.name });
  for (const { id } of await undoable(queue)) await undo(queue, id);
  await follower.close();
}

/** What people ask of a queue beside its tasks. */
async function operate(): Promise<void> {
  const { queue, redis } = test;
  for (const act of [pause, resume, close, open, workers]) await act(queue);
  await Actor.start(queue, 'v~1');
  await drain(queue, ['v~1']);
  await submit(queue, ['shell:1:0:0:left', 'shell:1:0:0:waits']);
  await whyWaiting(queue, 'shell:1:0:0:waits');
  await workerTasks(queue, [
    { worker: 'v~1', running: 10, buffered: 10 },
    { worker: 'n1', running: 10, buffered: 10 },
  ]);
  for (const name of ['n1', 'n2']) {
    await redis.hdel('todo_tasks', 'shell:1:0:0:left');
    await redis.hset('in_progress_tasks', 'shell:1:0:0:left', name);
    await redis.hset('worker_status', 'n1', '1700000000:1:8:3:64');
    await lookSixTimes(queue);
    await (name === 'n1' ? cleanup(queue) : cleanupByForce(queue, name));
  }
  for (const state of ['todo', 'in_progress'] as const) {
    for await (const _ of cancelAll(queue, state));
  }
  await retry(queue, ['shell:1:0:0:waits']);
  await cancel(queue, ['shell:1:0:0:waits']);
  await lookAtWorkers(queue, 0.01);
}

type Docs = Map<string, { since: string; subcommands: Docs }>;

function readDocs(answer: unknown): Docs {
  const docs: Docs = new Map();
  const list = Array.isArray(answer) ? answer : [];
  for (let i = 0; i < list.length; i += 2) {
    const fields = new Map<string, unknown>();
    const found = Array.isArray(list[i + 1]) ? list[i + 1] : [];
    for (let f = 0; f < found.length; f += 2) fields.set(String(found[f]), found[f + 1]);
    docs.set(String(list[i]), {
      since: String(fields.get('since')),
      subcommands: readDocs(fields.get('subcommands')),
    });
  }
  return docs;
}

const isNewer = (version: string) => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 6 || (major === 6 && minor > 2);
};

describe('the commands that we send', () => {
  it('are all of Redis 6.2 or older', async () => {
    const { redis } = test;
    const docs = readDocs(await redis.call('COMMAND', 'DOCS'));
    expect(docs.size).toBeGreaterThan(200);
    await redis.config('RESETSTAT');
    await workOut();
    const info = await redis.info('commandstats');
    const sent = [...info.matchAll(/^cmdstat_([^:]+):/gm)].map(([, name = '']) => name);
    expect(sent.length).toBeGreaterThan(30);
    for (const name of sent) {
      const [command = ''] = name.split('|');
      const found = name.includes('|')
        ? docs.get(command)?.subcommands.get(name)
        : docs.get(command);
      expect(found, name).toBeDefined();
      expect(isNewer(found?.since ?? ''), `${name} is of ${found?.since}`).toBe(false);
    }
    // What the documentation says of whole commands does not cover options: these are the commands
    // that have newer ones, and we know how we call them.
    expect(sent.filter(name => !KNOWN.has(name))).toEqual([]);
  });
});

/** LPOP with a count is of 6.2, LPOS with all of its options older; EXPIRE without NX…; SET with NX, PX and EX; XADD with MAXLEN. */
const KNOWN = new Set([
  ...['client|setname', 'config|resetstat', 'info', 'select', 'evalsha', 'eval', 'ping', 'time'],
  ...['hdel', 'hexists', 'hget', 'hgetall', 'hincrby', 'hkeys', 'hlen', 'hmget', 'hscan', 'hset'],
  ...['hsetnx', 'hvals', 'lindex', 'llen', 'lpop', 'lpos', 'lpush', 'lrange', 'ltrim', 'rpush'],
  ...['sadd', 'scard', 'sismember', 'smismember', 'srem', 'sscan'],
  ...['zadd', 'zcard', 'zcount', 'zrange', 'zrangebyscore', 'zrem', 'zremrangebyscore', 'zscore'],
  ...['multi', 'exec'],
  ...['exists', 'rename', 'lrem'],
  ...[
    'get',
    'set',
    'del',
    'unlink',
    'expire',
    'type',
    'pttl',
    'publish',
    'xadd',
    'xread',
    'xrevrange',
  ],
]);
