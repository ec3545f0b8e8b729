import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LoadedTasks } from '../../../src/extension/dashboard/loadedTasks';
import { cancelEach } from '../../../src/queue/cancel';
import { connect } from '../../../src/queue/connection';
import { newUndoId } from '../../../src/queue/journal';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { enqueue, taskOf } from '../../setup/enqueue';
import { startRedis, type TestRedis } from '../../setup/redis';

let server: TestRedis;
let queue: Queue;

beforeAll(async () => {
  server = await startRedis();
  queue = new Queue(await connect({ url: server.url }, 'test'), 'default');
});
afterAll(async () => {
  queue?.redis.disconnect();
  await server?.stop();
});
beforeEach(() => queue.redis.flushall());

const numbered = (count: number) => Array.from({ length: count }, (_, i) => taskOf(i, 1));

describe('the tasks of a state, as far as they are loaded', () => {
  it('are as many as are wanted, and a page more at most', async () => {
    await submit(queue, numbered(1_000));
    const tasks = new LoadedTasks(queue, 'todo', '');
    await tasks.load(100);
    expect(tasks.lines).toEqual(numbered(200));
    expect(tasks.isComplete).toBe(false);
    await tasks.load(100);
    expect(tasks.lines).toHaveLength(200);
    await tasks.load(5_000);
    expect(tasks.lines).toEqual(numbered(1_000));
    expect(tasks.isComplete).toBe(true);
    expect(tasks.orderEnds).toBeUndefined();
  });

  it('are never more than 10,000', async () => {
    await submit(queue, [taskOf(0, 1)]);
    await enqueue(queue, 1, 30_000, 1);
    const tasks = new LoadedTasks(queue, 'todo', '');
    await tasks.load(Number.POSITIVE_INFINITY);
    expect(tasks.lines).toHaveLength(10_000);
    expect(new Set(tasks.lines).size).toBe(10_000);
    expect(tasks.isComplete).toBe(true);
  });

  it('are marked when they are not in it any more', async () => {
    const [first = '', second = ''] = numbered(2);
    await submit(queue, [first, second]);
    const tasks = new LoadedTasks(queue, 'todo', '');
    await tasks.load(2);
    for await (const _ of cancelEach(queue, [[first]], { undoId: newUndoId() }));
    expect(tasks.isGone(first)).toBe(false);
    await tasks.readAgain([first, second]);
    expect(tasks.isGone(first)).toBe(true);
    expect(tasks.isGone(second)).toBe(false);
    await queue.redis.flushall();
    await submit(queue, [first]);
    await tasks.readAgain([first, second]);
    expect(tasks.isGone(first)).toBe(false);
    expect(tasks.isGone(second)).toBe(true);
  });

  it('are those in which a text stands, found bit by bit', async () => {
    await submit(queue, [taskOf(0, 1)]);
    await enqueue(queue, 1, 100_000, 1);
    const tasks = new LoadedTasks(queue, 'todo', 'echo 777');
    expect(tasks.isSearching).toBe(true);
    while (tasks.isSearching) await tasks.load(1);
    // 777, 7770 to 7779, 77700 to 77799.
    expect(tasks.lines).toHaveLength(111);
    expect(tasks.searched).toEqual({ tasks: 100_000, of: 100_000 });
    const [line = ''] = tasks.lines;
    expect(tasks.row(line)).toEqual({ line });
    await tasks.readAgain([line]);
    expect(tasks.row(line)).toEqual({ line, waitingForRetry: false });
  });

  it('are what was found until Redis refused to search on, and why', async () => {
    await submit(queue, numbered(3));
    await queue.redis.acl('SETUSER', 'default', '-hscan');
    const tasks = new LoadedTasks(queue, 'todo', 'echo');
    await tasks.load(1);
    await queue.redis.acl('SETUSER', 'default', '+hscan');
    expect(tasks.isSearching).toBe(false);
    expect(tasks.lines).toEqual([]);
    expect(tasks.refusal).toContain("can't run this command");
  });
});
