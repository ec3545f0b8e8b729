/** A queue with many tasks in every state, and workers, in no time. */
import type { RedisConnection } from '../../src/queue/connection';
import { DEFAULT_QUEUE, queueKeys } from '../../src/queue/keys';
import type { TaskState } from '../../src/queue/states';

export const STATES: readonly TaskState[] = ['todo', 'in_progress', 'failed', 'finished'];
/** Who works on it: node0~1, node1~1, … */
export const WORKERS = 200;

/** As workers leave them: tasks by state, the index of what waits, and lists of what ended last. */
const SEED = `
  local first, last, state = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
  local record = '1 {"worker":"node1~1","start":1,"end":2001,"exit":1,"err":"ValueError: lr too large"}\\n'
  for number = first, last do
    local line = 'shell:1:0:0:./train --data /sets/imagenet --state ' .. state .. ' --seed ' .. number
    local worker = 'node' .. (number % ${WORKERS}) .. '~1'
    if state == 'todo' then
      redis.call('HSET', KEYS[1], line, 'generation')
      redis.call('RPUSH', KEYS[5] .. 'ready:1:0:0', line)
    elseif state == 'in_progress' then
      redis.call('HSET', KEYS[2], line, worker)
      redis.call('HSET', KEYS[5] .. 'claims', line, worker .. ':1')
      redis.call('HSET', KEYS[5] .. 'owned:' .. worker, line, '1:1')
    elseif state == 'failed' then
      redis.call('HSET', KEYS[3], line, worker .. ',')
      redis.call('HSET', KEYS[5] .. 'attempts', line, record)
      redis.call('HSET', 'task_fail_reason', line, '"ValueError: lr too large"')
      redis.call('LPUSH', KEYS[5] .. 'recent:failed', '1 ' .. line)
    else
      redis.call('HSET', KEYS[4], line, worker .. ': "loss 0.1"')
      redis.call('HSET', KEYS[5] .. 'attempts', line, record)
      redis.call('LPUSH', KEYS[5] .. 'recent:finished', '1 ' .. line)
    end
  end`;

/** The default queue with so many tasks, and nothing else in Redis. */
export async function fillWholeQueue(
  redis: RedisConnection,
  count: Readonly<Record<TaskState, number>>,
): Promise<void> {
  const { todo, inProgress, failed, finished, prefix, ready, generation } =
    queueKeys(DEFAULT_QUEUE);
  await redis.flushall();
  await redis.set(generation, 'generation');
  await redis.zadd(ready, -1, '1:0:0');
  const step = 20_000;
  for (const state of STATES) {
    for (let first = 1; first <= count[state]; first += step) {
      const last = Math.min(first + step - 1, count[state]);
      await redis.eval(SEED, 5, todo, inProgress, failed, finished, prefix, first, last, state);
    }
  }
  for (const list of ['finished', 'failed']) await redis.ltrim(`${prefix}recent:${list}`, 0, 9_999);
  const heartbeat = redis.pipeline();
  for (let i = 0; i < WORKERS; i++) {
    const details = { pid: i, lanes: 8, running: 8, buffered: 16, rate: 1.5, version: '0.1.0' };
    heartbeat.hset(`${prefix}registry`, `node${i}~1`, `node${i}~1 machine boot ${i}`);
    heartbeat.hset(`${prefix}workers`, `node${i}~1`, JSON.stringify(details));
    heartbeat.hset('worker_status', `node${i}~1`, '1700000000:12.00:64:30.25:128');
  }
  await heartbeat.exec();
}
