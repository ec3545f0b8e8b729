/** What the original's manager does to a queue in use. */
import { describe, expect, it } from 'vitest';
import { claim, useOriginals } from './harness';

const test = useOriginals();

const [a, b] = ['shell:1:0:0:echo a', 'shell:1:0:0:echo b'] as const;

describe('loadTask', () => {
  it('adds by a snapshot: what finishes meanwhile is in todo as well', async () => {
    await test.addTodo(a);
    const load = test.manager().loadTask(`${a}\n${b}\n`);
    await load.step();
    const worker = test.worker('node1');
    await claim(worker, a);
    await worker.end(a, { exit: 0 }).stepTo('HDEL', 'in_progress_tasks');
    await test.redis.hdel('in_progress_tasks', a);
    await load.step();
    expect(load.next).toEqual({
      transaction: [
        ['HSETNX', 'todo_tasks', a, ''],
        ['HSETNX', 'todo_tasks', b, ''],
      ],
    });
    expect(await load.run()).toMatch(/: \tload 2 tasks, add 2 task\n$/);
    expect(await test.places(a)).toEqual(['finished_tasks', 'todo_tasks']);
    expect(await test.places(b)).toEqual(['todo_tasks']);
  });

  it('leaves out what it saw in progress', async () => {
    await test.redis.hset('in_progress_tasks', a, 'node1');
    await test.manager().loadTask(`${a}\n${b}\n`).run();
    expect(await test.places(a)).toEqual(['in_progress_tasks']);
    expect(await test.places(b)).toEqual(['todo_tasks']);
  });

  it('adds what failed for good again, and a worker that failed it leaves it there', async () => {
    await test.redis.hset('failed_tasks', a, 'n1,n2,n3,n4,');
    await test.manager().loadTask(a).run();
    expect(await test.places(a)).toEqual(['failed_tasks', 'todo_tasks']);
  });

  it('makes no third round trip when nothing is missing', async () => {
    await test.redis.hset('finished_tasks', a, 'node1: ""');
    const load = test.manager().loadTask(a);
    await load.step();
    await load.step();
    expect(load.next).toBeUndefined();
    expect(await load.run()).toMatch(/load 1 tasks, add 0 task\n$/);
  });
});

describe('moving to todo', () => {
  it('leaves a task nowhere between its two commands', async () => {
    await test.redis.hset('in_progress_tasks', a, 'node1');
    const move = test.manager().moveInProgressTaskToTodo();
    await move.stepTo('HSET', 'todo_tasks', a);
    expect(await test.places(a)).toEqual([]);
    await move.run();
    expect(await test.places(a)).toEqual(['todo_tasks']);
  });

  it('in progress: what still runs is run a second time', async () => {
    await test.addTodo(a);
    const [n1, n2] = [test.worker('n1'), test.worker('n2')];
    await claim(n1, a);
    await test.manager().moveInProgressTaskToTodo().run();
    await claim(n2, a);
    await n1.end(a, { exit: 0 }).run();
    expect(n2.processes).toHaveLength(1);
    expect(await test.places(a)).toEqual(['finished_tasks']);
  });

  it('failed: a task that runs again is in todo as well, and the next claim asserts', async () => {
    await test.addTodo(a);
    const [n1, n2, n3] = [test.worker('n1'), test.worker('n2'), test.worker('n3')];
    await claim(n1, a);
    await n1.end(a, { exit: 1 }).run();
    await claim(n2, a);
    await test.manager().moveFailedTaskToTodo().run();
    expect(await test.state()).toEqual({
      in_progress_tasks: { [a]: 'n2' },
      todo_tasks: { [a]: '' },
    });
    await expect(claim(n3, a)).rejects.toThrow('task set in_progress error');
  });
});

describe('cleanup', () => {
  it('judges heartbeats by its own clock, and moves the tasks of the dead', async () => {
    await test.redis.hset('worker_status', {
      old: '1000:0.00:2.00:0.00:8.00',
      young: '1010:0.00:2.00:0.00:8.00',
      'ours~1': '1000:0.00:2.00:0.00:8.00',
    });
    await test.redis.hset('in_progress_tasks', { [a]: 'old', [b]: 'young' });
    await test
      .manager({ now: () => 1041 })
      .cleanup()
      .run();
    expect(await test.state()).toEqual({
      worker_status: { young: '1010:0.00:2.00:0.00:8.00' },
      in_progress_tasks: { [b]: 'young' },
      todo_tasks: { [a]: '' },
    });
  });
});

describe('the rest', () => {
  it('initRedis removes every key of every database', async () => {
    await test.redis.set('distcomp:epoch', 'e');
    const other = test.redis.duplicate({ db: 1 });
    await other.set('of', 'others');
    await test.manager().initRedis().run();
    expect([await test.redis.dbsize(), await other.dbsize()]).toEqual([0, 0]);
    other.disconnect();
  });

  it('removeFinishedTask removes what was finished when it looked', async () => {
    await test.redis.hset('finished_tasks', a, 'node1: ""');
    const remove = test.manager().removeFinishedTask();
    await remove.step();
    await test.redis.hset('finished_tasks', b, 'node1: ""');
    await remove.run();
    expect(await test.redis.hkeys('finished_tasks')).toEqual([b]);
  });

  it.each(['1000:0.00:2.00:0.00:8.00:1', '1000.5:0.00:2.00:0.00:8.00'])(
    'checkWorker and cleanup end with a traceback at the heartbeat %j',
    async status => {
      await test.redis.hset('worker_status', 'ours~1', status);
      const manager = test.manager();
      await expect(manager.checkWorker().run()).rejects.toThrow('ValueError');
      await expect(manager.cleanup().run()).rejects.toThrow('ValueError');
    },
  );

  it('checkTask prints a line that does not split, without its fields', async () => {
    await test.addTodo('shell:1:0:0:echo a:b');
    expect(await test.manager().checkTask().run()).toContain(
      '\ntask_type: None, priority: None, min_dram_gb: None, require_cpu_core: None, task_params: None\n',
    );
  });
});
