import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { taskId } from '../../../src/tasks/task';
import { snapshot } from '../../setup/invariants';
import { startRedis, type TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';
import { type Sandbox, sandbox } from './sandbox';

let box: Sandbox;
beforeEach(async () => {
  box = await sandbox();
});

const tasks = (count: number) =>
  Array.from({ length: count }, (_, i) => `shell:1:0:0:echo ${i}\n`).join('');
const FAILING = 'shell:1:0:0:echo "no such seed" >&2; exit 4';
/** A port of the loopback where nothing listens. */
const NOWHERE = 'redis://127.0.0.1:1';

describe('distcomp with a Redis', () => {
  let redis: TestRedis;
  let env: Record<string, string>;
  beforeEach(async () => {
    redis = await startRedis();
    env = { DISTCOMP_REDIS_URL: redis.url };
  });
  afterEach(() => redis.stop());
  const submit = (args: string[], input?: string) =>
    box.distcomp(['submit', ...args], { env, ...(input === undefined ? {} : { input }) });

  it('submits files and standard input, and says what it did', async () => {
    await box.file('a.tasks', tasks(1500));
    const first = await submit(['a.tasks']);
    expect(first).toEqual({
      code: 0,
      stdout: '1,500 tasks added\n',
      stderr:
        'No DistComp worker is live: tasks wait until one starts. Start one: distcomp worker\n',
    });
    expect(await redis.client().hlen('todo_tasks')).toBe(1500);

    await box.file('b.tasks', 'shell:1:0:0:echo new\n');
    const second = await submit(['a.tasks', 'b.tasks', '-'], `${tasks(3)}echo bare\n`);
    expect(second.stdout).toBe(
      '1 task added · 1,503 were already there · 1 line was not understood\n',
    );
    expect(second.stderr).toContain('standard input:4:1: a task line is');
    expect(second.code).toBe(0);
    expect(await redis.client().hlen('todo_tasks')).toBe(1501);
  });

  it('submits nothing of several files with --strict when one has a line that is no task', async () => {
    await box.file('a.tasks', tasks(3));
    const { code, stderr } = await submit(['--strict', 'a.tasks', '-'], 'shell:1:0:true\n');
    expect(code).toBe(2);
    expect(stderr).toContain('Nothing was submitted: 1 line was not understood.');
    expect(await redis.client().dbsize()).toBe(0);
    expect((await submit(['--strict', '-'], tasks(2))).code).toBe(0);
    expect(await redis.client().hlen('todo_tasks')).toBe(2);
  });

  it('answers submit with one JSON document', async () => {
    const { stdout } = await submit(['-', '--json'], `${tasks(2)}shell:1:4G:0:true\n`);
    expect(JSON.parse(stdout)).toEqual({
      added: 2,
      retried: 0,
      already: 0,
      unsettled: 0,
      pythonBesideOriginal: 0,
      demoBesideOriginal: 0,
      notUnderstood: 1,
      closed: false,
      paused: false,
      workers: 0,
      files: [
        {
          file: 'standard input',
          added: 2,
          retried: 0,
          already: 0,
          unsettled: 0,
          pythonBesideOriginal: 0,
          demoBesideOriginal: 0,
          notUnderstood: 1,
          problems: [{ line: 3, column: 9, message: expect.stringContaining('Write 4') }],
        },
      ],
    });
  });

  it('says with --dry-run what it would do, and changes nothing', async () => {
    await submit(['-'], tasks(2));
    const lines = `${tasks(3)}${tasks(3)}shell:1:64:0:true\nshell:1:4G:0:true\n`;
    const before = await snapshot(redis.client());
    const { code, stdout, stderr } = await submit(['-', '--dry-run'], lines);
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        '2 tasks would be added',
        '5 are already there: 4 to do, 1 twice in what is submitted',
        '1 line is not understood',
        '  1 task  64 GB                no worker is live',
        '  1 task  no memory, no cores  no worker is live',
        'Nothing was changed.',
        '',
      ].join('\n'),
    );
    expect(stderr).toMatch(/^standard input:8:9: memory must be /);
    const json = JSON.parse((await submit(['-', '--dry-run', '--json'], lines)).stdout);
    expect(json).toMatchObject({
      dryRun: true,
      ...{ added: 2, retried: 0, already: 5, todo: 4, repeated: 1, notUnderstood: 1, workers: 0 },
      asks: [
        { memoryGb: 64, cores: 0, tasks: 1, workers: 0 },
        { memoryGb: 0, cores: 0, tasks: 1, workers: 0 },
      ],
    });
    expect(await snapshot(redis.client())).toEqual(before);
    expect((await submit(['-'], lines)).stdout).toContain('2 tasks added · 5 were already there');
  });

  it('warns while the queue is closed', async () => {
    await redis.client().hset('todo_tasks', 'WORKER_COMMAND_CLOSE', '');
    expect((await submit(['-'], tasks(1))).stderr).toContain('Queue "default" is closed');
    const status = await box.distcomp(['status'], { env });
    expect(status.stdout).toMatch(/^default @ 127\.0\.0\.1:\d+ · closed\n {2}to do +1\n/);
  });

  it('retries the failed tasks that are named, or all, and says the exact number', async () => {
    const others = Array.from({ length: 3 }, (_, i) => `shell:1:0:0:exit ${i + 1}`);
    await submit(['-'], [...others, FAILING, 'shell:1:0:0:true', ''].join('\n'));
    const worker = await box.start(['worker'], {
      env: { ...env, DISTCOMP_MAX_RETRY_PER_TASK: '1' },
    });
    await until(async () => (await redis.client().hlen('failed_tasks')) === 4);
    await until(async () => (await redis.client().hlen('finished_tasks')) === 1);
    worker.process.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);

    const one = await box.distcomp(['retry', taskId(FAILING).slice(0, 6)], { env });
    expect(one).toMatchObject({ code: 0, stdout: '1 task queued for retry\n' });
    expect(await redis.client().hkeys('failed_tasks')).toEqual(expect.arrayContaining(others));
    expect(await redis.client().hkeys('todo_tasks')).toEqual([FAILING]);

    const again = await box.distcomp(['retry', taskId(FAILING), '--json'], { env });
    expect(JSON.parse(again.stdout)).toEqual({
      retried: 0,
      tasks: [],
      notFailed: [taskId(FAILING)],
      unsettled: [],
      undo: null,
    });
    const all = await box.distcomp(['retry', '--all-failed'], { env });
    expect(all.stderr).toMatch(
      /^Retrying 3 failed tasks\.\nCan be undone for 10 minutes, except what has started: distcomp undo [\da-f]{8}\n$/,
    );
    expect(all.stdout).toBe('3 tasks queued for retry\n');
    expect(await redis.client().exists('failed_tasks')).toBe(0);
    expect(await redis.client().hlen('todo_tasks')).toBe(4);
  });

  it('says the states of a named queue in one JSON document', async () => {
    await submit(['-', '--queue', 'sweeps'], tasks(2));
    const { stdout } = await box.distcomp(['--queue', 'sweeps', 'status', '--json'], { env });
    expect(JSON.parse(stdout)).toEqual({
      redis: `127.0.0.1:${redis.port}`,
      queue: 'sweeps',
      run: null,
      todo: 2,
      waitingForRetry: 0,
      inProgress: 0,
      failed: 0,
      finished: 0,
      workers: 0,
      closed: false,
      paused: false,
      undoable: 0,
      pausedAfterFailures: null,
      held: 0,
      limits: { maxRunning: null, stopAfterFailures: null, failures: 0 },
      originals: 0,
      perSecond: null,
    });
  });

  it('runs a worker until Ctrl-C, which drains it', async () => {
    await submit(
      ['-'],
      'shell:1:0:0:echo started > marker; while [ ! -e gate ]; do sleep 0.05; done\n',
    );
    const worker = await box.start(['worker', '--slot', '7'], { env });
    await until(async () => (await box.read('marker')) === 'started\n');
    const status = await box.distcomp(['status'], { env });
    expect(status.stdout).toMatch(/in progress +1\n.*\n.*\n {2}workers +1\n/);
    expect(worker.stderr()).toMatch(/~7 takes tasks/);
    worker.process.kill('SIGINT');
    await until(() => worker.stderr().includes('Draining'));
    await box.file('gate', '');
    expect((await worker.ended).code).toBe(0);
    expect(await redis.client().hlen('finished_tasks')).toBe(1);
  });

  it('ends a worker at once when Ctrl-C comes twice, and its task goes back', async () => {
    await submit(['-'], 'shell:1:0:0:echo started > marker; sleep 1000\n');
    const worker = await box.start(['worker'], { env });
    await until(async () => (await box.read('marker')) === 'started\n');
    worker.process.kill('SIGINT');
    await until(() => worker.stderr().includes('Draining'));
    worker.process.kill('SIGINT');
    await worker.ended;
    await until(async () => (await redis.client().hlen('todo_tasks')) === 1);
    await until(async () => (await box.processes()).length === 0);
  });

  it('does not know tasks that are not there', async () => {
    const absent = await box.distcomp(['output', 'abcdef'], { env });
    expect(absent.code).toBe(2);
    expect(absent.stderr).toBe('No task of queue "default" has the id abcdef.\n');
    const wrong = await box.distcomp(['retry', 'abc', 'x'], { env });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('A task id is 4 to 12 hexadecimal digits, found "abc".');
  });
});

describe('where distcomp finds its settings', () => {
  let redis: TestRedis;
  beforeEach(async () => {
    redis = await startRedis({ password: 'right' });
  });
  afterEach(() => redis.stop());
  const conf = (more: object = {}) => {
    const place = { redis_host: '127.0.0.1', redis_port: redis.port };
    return JSON.stringify({ ...place, redis_pass: 'right', ...more });
  };
  const queueOf = async (args: string[], env: Record<string, string> = {}) => {
    const { stdout, stderr } = await box.distcomp(['status', '--json', ...args], { env });
    return { queue: JSON.parse(stdout).queue, stderr };
  };

  it('is conf.json of the working directory, which it says', async () => {
    await box.file('conf.json', conf({ queue: 'q1' }));
    expect(await queueOf([])).toEqual({ queue: 'q1', stderr: 'Using conf.json of this folder.\n' });
  });

  it('is not the conf.json of another program', async () => {
    await box.file('conf.json', '{ "queue": "print", "port": 80 }');
    const { code, stderr } = await box.distcomp(['status']);
    expect(code).toBe(2);
    expect(stderr).toContain('No Redis is configured, and no run in this folder has left tasks.');
  });

  it('counts options over the environment over the file', async () => {
    await mkdir(join(box.cwd, 'etc'));
    await box.file('etc/dc.json', conf({ queue: 'q1' }));
    const file = ['--config', 'etc/dc.json'];
    expect(await queueOf(file)).toEqual({ queue: 'q1', stderr: '' });
    const env = { DISTCOMP_QUEUE: 'q2' };
    expect((await queueOf(file, env)).queue).toBe('q2');
    expect((await queueOf([...file, '--queue', 'q3'], env)).queue).toBe('q3');
    const url = `redis://:right@127.0.0.1:${redis.port}`;
    const other = { DISTCOMP_REDIS_URL: NOWHERE };
    expect((await queueOf([...file, '--redis', url], other)).queue).toBe('q1');
  });

  it('reports all that is wrong with them at once, and ends with 2', async () => {
    await box.file('conf.json', conf({ redis_port: '6400', max_task_per_worker: 0, quue: 'x' }));
    const { code, stdout, stderr } = await box.distcomp(['status', '--json']);
    expect(code).toBe(2);
    expect(stderr).toContain('conf.json: redis_port must be');
    expect(stderr).toContain('conf.json: max_task_per_worker must be');
    expect(JSON.parse(stdout)).toEqual({
      error: { message: expect.stringContaining('redis_port'), exit: 2 },
    });
    await box.file('conf.json', '{ "redis_host": "node0", }');
    const broken = await box.distcomp(['status']);
    expect(broken.code).toBe(2);
    expect(broken.stderr).toContain(
      'conf.json, line 1, column 26: expected a name in double quotes',
    );
  });

  it('must name a file that can be read', async () => {
    const { code, stderr } = await box.distcomp(['status', '--config', 'nowhere.json']);
    expect([code, stderr]).toEqual([2, 'Cannot read nowhere.json: no such file.\n']);
  });

  it('ends with 3 when Redis refuses the password', async () => {
    await box.file('conf.json', conf({ redis_pass: 'wrong' }));
    await box.file('x.tasks', tasks(1));
    const where = `127.0.0.1:${redis.port}`;
    for (const command of [['status'], ['submit', 'x.tasks'], ['run', 'x.tasks'], ['worker']]) {
      const { code, stderr } = await box.distcomp(command);
      expect(code, command[0]).toBe(3);
      expect(stderr).toContain(`Redis at ${where} refused the password.`);
    }
    expect(await box.keptRuns()).toEqual([]);
  });
});

describe('distcomp without a Redis', () => {
  it('ends with 3 when nobody answers where one is configured', async () => {
    await box.file('x.tasks', tasks(1));
    for (const command of [['status'], ['submit', 'x.tasks'], ['run', 'x.tasks'], ['worker']]) {
      const { code, stderr } = await box.distcomp([...command, '--redis', NOWHERE]);
      expect(code, command[0]).toBe(3);
      expect(stderr).toContain(
        'Cannot reach Redis at 127.0.0.1:1: connection refused. Is it running, and reachable from this machine?',
      );
      expect(stderr).not.toMatch(/\n +at /);
    }
  });

  it('needs one configured to submit', async () => {
    await box.file('x.tasks', tasks(1));
    const { code, stderr } = await box.distcomp(['submit', 'x.tasks']);
    expect(code).toBe(2);
    expect(stderr).toContain('No Redis is configured. Give --redis URL');
  });

  it('says how to install one when run finds no program, and leaves nothing behind', async () => {
    await box.file('x.tasks', tasks(1));
    const { code, stdout, stderr } = await box.distcomp(['run', 'x.tasks', '--json'], {
      env: { PATH: join(box.cwd, 'nowhere') },
    });
    expect(code).toBe(3);
    expect(stderr).toMatch(/^No redis-server or valkey-server found\. Install one: \S.*\n$/);
    expect(JSON.parse(stdout).error.exit).toBe(3);
    const status = await box.distcomp(['status']);
    expect(status.stderr).toContain('no run in this folder has left tasks');
  });

  it('asks which run is meant where several have left tasks', async () => {
    for (const name of ['a.tasks', 'b.tasks']) {
      await box.file(name, `${FAILING}; : ${name}\n`);
      const env = { DISTCOMP_MAX_RETRY_PER_TASK: '1' };
      expect((await box.distcomp(['run', name], { env })).code).toBe(1);
    }
    const which = await box.distcomp(['status']);
    expect(which.code).toBe(2);
    expect(which.stderr).toMatch(/Several runs of this folder are there: \w\.tasks, \w\.tasks\./);
    const one = await box.distcomp(['status', '--file', 'b.tasks']);
    expect(one.stdout).toMatch(/^b\.tasks · not running/);
    expect(await box.processes()).toEqual([]);
  });
});

describe('the usage of distcomp', () => {
  it.each([
    [['--help'], 0],
    [['run', '--help'], 0],
    [['--version'], 0],
    [[], 2],
    [['nonsense'], 2],
    [['run'], 2],
    [['run', 'x.tasks', '--lanes', 'two'], 2],
    [['run', 'x.tasks', '--nonsense'], 2],
    [['run', 'nowhere.tasks'], 2],
    [['run', '.'], 2],
    [['run', 'x.tasks', '--workers', '0'], 2],
    [['submit'], 2],
    [['retry'], 2],
    [['retry', 'abcd', '--all-failed'], 2],
    [['status', '--queue', 'a b'], 2],
  ])('%j ends with %i', async (args, code) => {
    await box.file('x.tasks', tasks(1));
    const ended = await box.distcomp(args);
    expect(ended.code).toBe(code);
    expect(ended.stdout + ended.stderr).not.toBe('');
    expect(ended.stderr).not.toMatch(/\n +at /);
    expect(await box.keptRuns()).toEqual([]);
  });
});
