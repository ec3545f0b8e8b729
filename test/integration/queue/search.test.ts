import { describe, expect, it } from 'vitest';
import { rowsOfLines } from '../../../src/queue/pages';
import { type SearchStep, search } from '../../../src/queue/search';
import type { TaskState } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { Actor } from '../../setup/actor';
import { commandsDuring, lines, useQueue } from './harness';

const test = useQueue();

async function stepsOf(state: TaskState, text: string, most?: number): Promise<SearchStep[]> {
  const steps: SearchStep[] = [];
  for await (const step of search(test.queue, state, text, most)) steps.push(step);
  return steps;
}

const found = async (state: TaskState, text: string) =>
  (await stepsOf(state, text)).flatMap(step => step.lines).sort();

describe('a search', () => {
  it('finds text of the line in any case, in shared lines and in ours', async () => {
    const shared = 'shell:1:0:0:./Train --seed 7';
    const own = 'shell:1:0:0:./train --rate a:b --seed 7';
    await submit(test.queue, [shared, own, 'shell:1:0:0:./train --seed 8']);
    expect(await found('todo', 'TRAIN --')).toHaveLength(3);
    expect(await found('todo', '--seed 7')).toEqual([shared, own].sort());
    // No pattern of Lua, nothing that Redis or a shell acts on.
    expect(await found('todo', '.')).toHaveLength(3);
    expect(await found('todo', '%a')).toEqual([]);
    expect(await found('failed', 'seed')).toEqual([]);
  });

  it('finds who runs a task, who finished it with what result, and why it failed', async () => {
    const { queue } = test;
    const [runs = '', finished = '', failed = '', retried = ''] = lines(4);
    await submit(queue, [runs, finished, failed]);
    const w = await Actor.start(queue, 'Node4~1', { maxAttempts: 1 });
    await w.claim(3);
    w.finish(finished, 'loss "0.123"');
    w.fail(failed, { exit: 3, err: 'ValueError: "lr" too large' });
    await w.cycle();
    expect(await found('in_progress', 'node4')).toEqual([runs]);
    expect(await found('finished', 'node4~1')).toEqual([finished]);
    expect(await found('finished', 'loss "0.1')).toEqual([finished]);
    expect(await found('failed', 'exit 3')).toEqual([failed]);
    expect(await found('failed', '"LR" too')).toEqual([failed]);
    // What waits for another attempt stands among the failed ones too, and is none.
    await submit(queue, [retried]);
    const again = await Actor.start(queue, 'n5~1', { maxAttempts: 4 });
    await again.claim(1);
    again.fail(retried, { exit: 3 });
    await again.cycle();
    expect(await test.redis.hexists('failed_tasks', retried)).toBe(1);
    expect(await found('failed', 'echo')).toEqual([failed]);
    expect(await found('todo', 'echo')).toEqual([retried]);
    expect((await stepsOf('failed', 'echo')).at(-1)).toMatchObject({ searched: 1, total: 1 });
  });

  it('goes in steps, says how far it is, and finds each of its tasks once', async () => {
    const { queue, redis } = test;
    const tasks = lines(30_000);
    await submit(queue, tasks);
    await redis.hset('todo_tasks', 'WORKER_COMMAND_CLOSE', '');
    const steps = await stepsOf('todo', '77');
    const all = steps.flatMap(step => step.lines);
    expect(new Set(all).size).toBe(all.length);
    expect(all.sort()).toEqual(tasks.filter(line => line.includes('77')).sort());
    expect(steps.length).toBeGreaterThan(20);
    const searched = steps.map(step => step.searched);
    expect(searched).toEqual([...searched].sort((a, b) => a - b));
    expect(steps.at(-1)).toMatchObject({ searched: 30_000, total: 30_000 });
    // No step hands over more than it looked at.
    for (const step of steps) expect(step.lines.length).toBeLessThan(1_600);
  });

  it('costs nothing more once nobody asks for the next step, and ends after so many matches', async () => {
    const { queue, redis } = test;
    await submit(queue, lines(20_000));
    const commands = await commandsDuring(redis, async () => {
      for await (const step of search(queue, 'todo', 'echo')) if (step.lines.length > 0) break;
    });
    expect(commands.get('hscan')).toBe(1);
    const steps = await stepsOf('todo', 'echo', 2_500);
    expect(steps.flatMap(step => step.lines)).toHaveLength(2_500);
    expect(steps.at(-1)?.searched).toBeLessThan(20_000);
    for (const name of ['hgetall', 'hkeys', 'hvals', 'keys', 'smembers']) {
      expect(commands.has(name)).toBe(false);
    }
  });

  it('gives rows of what is still in that state', async () => {
    const { queue } = test;
    const [first = '', second = ''] = lines(2);
    await submit(queue, [first, second]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    expect(await rowsOfLines(queue, 'todo', [first, second])).toEqual([
      { line: second, waitingForRetry: false },
    ]);
  });
});
