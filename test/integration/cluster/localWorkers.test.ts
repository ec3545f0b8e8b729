import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type LocalWorkerEvent,
  type LocalWorkers,
  type LocalWorkersOptions,
  startLocalWorkers,
} from '../../../src/cluster/localWorkers';
import { isAlive, signalAll } from '../../setup/processes';
import { until } from '../../setup/until';

/**
 * Stands in for the worker: the same options, signals and exit codes. `behaviour` in its
 * configuration says what becomes of it; it notes its life in `diary`.
 */
const STAND_IN = `
  const fs = require('node:fs');
  const conf = JSON.parse(fs.readFileSync(process.argv[process.argv.indexOf('--config') + 1], 'utf8'));
  const slot = process.argv[process.argv.indexOf('--slot') + 1];
  const note = text => fs.appendFileSync(conf.diary, slot + ' ' + text + '\\n');
  note('started ' + process.pid + ' in ' + process.cwd());
  if (conf.exit !== undefined) { console.error('first line\\n' + conf.say); process.exit(conf.exit); }
  let terms = 0;
  process.on('SIGTERM', () => {
    note('TERM ' + ++terms);
    if (conf.stubborn) return;
    if (conf.busy && terms === 1) return;
    process.exit(0);
  });
  if (conf.busy) setInterval(() => {
    if (terms > 0 && fs.existsSync(conf.busy)) { note('task done'); process.exit(0); }
  }, 10);
  note('ready');
  setInterval(() => {}, 1000);
`;

let scratch: string;
let bundle: string;
let folder: string;
let diary: string;
let events: LocalWorkerEvent[];
const running: LocalWorkers[] = [];
const foundPids = new Set<number>();

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'distcomp-local-workers-'));
  bundle = join(scratch, 'worker.cjs');
  await writeFile(bundle, STAND_IN);
});
afterAll(() => rm(scratch, { recursive: true }));

afterEach(async () => {
  for (const workers of running.splice(0)) await workers.stop();
  signalAll([...foundPids], 'SIGKILL');
  foundPids.clear();
});

let folders = 0;
const start = async (
  config: Record<string, unknown> = {},
  options: Partial<LocalWorkersOptions> = {},
) => {
  folder = join(scratch, `folder-${++folders}`);
  await mkdir(folder);
  diary = join(folder, 'diary');
  return startAgain(config, options);
};
const startAgain = (
  config: Record<string, unknown> = {},
  options: Partial<LocalWorkersOptions> = {},
) => {
  events = [];
  const seen = events;
  const workers = startLocalWorkers({
    count: 1,
    workerBundle: bundle,
    node: process.execPath,
    cwd: scratch,
    folder,
    config: { ...config, diary },
    restart: true,
    onEvent: event => seen.push(event),
    ...options,
  });
  running.push(workers);
  return workers;
};
const diaryHas = (text: string, times = 1) =>
  until(async () => (await readFile(diary, 'utf8')).split(text).length - 1 === times, {
    describe: async () => `"${text}" ${times} times in ${await readFile(diary, 'utf8')}`,
  });
/** They run, and who started them has written that down: a worker is often faster. Returns their pids. */
const ready = async (workers: LocalWorkers, count = 1) => {
  await diaryHas('ready', count);
  return until(() => workers.pids().length === count && workers.pids());
};
const event = <T extends LocalWorkerEvent['type']>(type: T) =>
  until(() =>
    events.find((one): one is Extract<LocalWorkerEvent, { type: T }> => one.type === type),
  );

describe('local workers', () => {
  it('run in slots, in the working directory, in process groups of their own', async () => {
    const workers = await start({}, { count: 3 });
    const found = await ready(workers, 3);
    const lines = (await readFile(diary, 'utf8'))
      .split('\n')
      .filter(line => line.includes('started'));
    expect(lines.map(line => line[0]).sort()).toEqual(['1', '2', '3']);
    for (const line of lines) expect(line).toMatch(new RegExp(` in ${scratch}$`));
    const pids = lines.map(line => Number(line.split(' ')[2]));
    expect(found.sort()).toEqual(pids.sort());
    for (const pid of pids) {
      const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ');
      expect(fields[4]).toBe(String(pid));
    }
    expect(events.map(({ type, slot }) => `${type} ${slot}`).sort()).toEqual([
      'started 1',
      'started 2',
      'started 3',
    ]);
  });

  it('find secrets in a file of their own that nobody else may read, and nowhere else', async () => {
    const [pid] = await ready(await start({ redis_pass: 'open sesame' }));
    const conf = join(folder, 'worker-1.conf.json');
    expect(JSON.parse(await readFile(conf, 'utf8'))).toMatchObject({ redis_pass: 'open sesame' });
    expect((await stat(conf)).mode & 0o777).toBe(0o600);
    for (const what of ['cmdline', 'environ']) {
      const text = await readFile(`/proc/${pid}/${what}`, 'utf8');
      expect(text).not.toContain('open sesame');
    }
    for (const name of ['worker-1.json', 'worker-1.log']) {
      expect(await readFile(join(folder, name), 'utf8')).not.toContain('open sesame');
    }
  });

  it('are not reached by settings in the environment of who starts them', async () => {
    process.env.DISTCOMP_REDIS_PASS = 'another';
    process.env.DISTCOMP_TASK_COLOUR = 'blue';
    try {
      const [pid] = await ready(await start());
      const text = await readFile(`/proc/${pid}/environ`, 'utf8');
      expect(text).toContain('DISTCOMP_TASK_COLOUR=blue');
      expect(text).not.toContain('DISTCOMP_REDIS_PASS');
    } finally {
      delete process.env.DISTCOMP_REDIS_PASS;
      delete process.env.DISTCOMP_TASK_COLOUR;
    }
  });

  it('start again after they were killed, later each time', async () => {
    const workers = await start();
    for (const round of [1, 2, 3]) {
      await diaryHas('ready', round);
      const [pid = 0] = await until(() =>
        workers.pids().length === 1 ? workers.pids() : undefined,
      );
      process.kill(pid, 'SIGKILL');
      await until(() => !workers.pids().includes(pid));
    }
    await diaryHas('ready', 4);
    await until(() => events.filter(({ type }) => type === 'restarted').length === 3);
    const ends = events.flatMap(one => (one.type === 'ended' ? one : []));
    expect(ends.map(end => [end.signal, end.restartInMs])).toEqual([
      ['SIGKILL', 500],
      ['SIGKILL', 1000],
      ['SIGKILL', 2000],
    ]);
  });

  it.each([
    [0, 'already running'],
    [2, 'conf.json: redis_port must be a number'],
    [3, 'Cannot reach Redis at node0:6400: connection refused.'],
  ])('do not start again when they end with %i, and say why', async (code, say) => {
    const workers = await start({ exit: code, say });
    expect(await event('ended')).toEqual({
      type: 'ended',
      slot: 1,
      code,
      signal: null,
      reason: say,
      restartInMs: undefined,
    });
    await workers.drain();
    await diaryHas('started', 1);
  });

  it('do not start again where that is not wanted', async () => {
    const [pid = 0] = await ready(await start({}, { restart: false }));
    process.kill(pid, 'SIGKILL');
    expect(await event('ended')).toMatchObject({ signal: 'SIGKILL', restartInMs: undefined });
  });

  it('say why they could not be started', async () => {
    const workers = await start({}, { node: join(scratch, 'no-node') });
    expect(await event('ended')).toMatchObject({
      code: null,
      reason: /ENOENT/,
      restartInMs: undefined,
    });
    await workers.stop();
  });

  it('finish what they run when they drain, however often that is asked', async () => {
    const busy = join(scratch, `end of the task ${folders}`);
    const workers = await start({ busy }, { count: 2 });
    await diaryHas('ready', 2);
    const drained = Promise.all([workers.drain(), workers.drain()]);
    await diaryHas('TERM 1', 2);
    await writeFile(busy, '');
    await drained;
    const text = await readFile(diary, 'utf8');
    expect(text.match(/task done/g)).toHaveLength(2);
    expect(text).not.toContain('TERM 2');
    expect(workers.pids()).toEqual([]);
    expect(events.filter(({ type }) => type === 'restarted')).toEqual([]);
  });

  it('end at once when they are stopped, in the middle of a drain too', async () => {
    const workers = await start({ busy: join(scratch, 'never') });
    await diaryHas('ready');
    const drained = workers.drain();
    await diaryHas('TERM 1');
    await workers.stop();
    await drained;
    expect(await readFile(diary, 'utf8')).toMatch(/TERM 2\n$/);
  });

  it('are killed when they do not end', async () => {
    const workers = await start({ stubborn: true });
    await diaryHas('ready');
    await workers.stop();
    expect(await event('ended')).toMatchObject({ signal: 'SIGKILL', restartInMs: undefined });
  });

  it('end although they were about to start, or to start again', async () => {
    const early = await start();
    await early.drain();
    expect(early.pids()).toEqual([]);

    const waiting = await start();
    const [pid = 0] = await ready(waiting);
    process.kill(pid, 'SIGKILL');
    await event('ended');
    await waiting.drain();
    await diaryHas('started', 1);
  });
});

describe('local workers that an earlier start left running', () => {
  let starter: string;
  beforeAll(async () => {
    starter = join(scratch, 'starter.cjs');
    await build({
      stdin: {
        contents: `import { startLocalWorkers } from './localWorkers';
          const options = JSON.parse(process.argv[2]);
          startLocalWorkers({ ...options, onEvent: event => console.log(JSON.stringify(event)) });`,
        resolveDir: join(import.meta.dirname, '../../../src/cluster'),
      },
      bundle: true,
      platform: 'node',
      outfile: starter,
    });
  });
  /** Starts workers from a process that is killed then; returns the pid of the first that ran. */
  const leaveWorker = async (config: Record<string, unknown>, count = 1) => {
    folder = join(scratch, `folder-${++folders}`);
    await mkdir(folder);
    diary = join(folder, 'diary');
    const options = {
      count,
      workerBundle: bundle,
      node: process.execPath,
      cwd: scratch,
      folder,
      config: { ...config, diary },
      restart: true,
    };
    const child = spawn(process.execPath, [starter, JSON.stringify(options)]);
    const pids: number[] = [];
    createInterface({ input: child.stdout }).on('line', line => pids.push(JSON.parse(line).pid));
    await diaryHas('ready', count);
    // Said once it is written down where a worker is found again.
    await until(() => pids.length === count, { describe: `${count} to be told of` });
    const [pid = 0] = pids;
    foundPids.add(pid);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(pid)).toBe(true);
    return pid;
  };

  it('are adopted, and drain like the others', async () => {
    const pid = await leaveWorker({});
    const workers = startAgain();
    expect(await event('started')).toEqual({ type: 'started', slot: 1, pid, adopted: true });
    expect(workers.pids()).toEqual([pid]);
    await diaryHas('started', 1);
    await workers.drain();
    expect(isAlive(pid)).toBe(false);
    expect(await readFile(diary, 'utf8')).toMatch(/TERM 1\n$/);
  });

  it('start again when they are killed', async () => {
    const pid = await leaveWorker({});
    startAgain();
    await event('started');
    process.kill(pid, 'SIGKILL');
    expect((await event('restarted')).pid).not.toBe(pid);
    await diaryHas('ready', 2);
  });

  it('are ended when there are more than wanted', async () => {
    await leaveWorker({}, 2);
    const workers = startAgain();
    await diaryHas('2 TERM 1');
    expect(await readFile(diary, 'utf8')).not.toContain('1 TERM');
    await workers.drain();
    expect((await readFile(diary, 'utf8')).split('TERM 1')).toHaveLength(3);
  });

  it('are ended first when they were started with another configuration', async () => {
    const pid = await leaveWorker({ redis_port: 1 });
    startAgain({ redis_port: 2 });
    expect(await event('started')).toMatchObject({ adopted: false });
    expect(isAlive(pid)).toBe(false);
  });

  it('are adopted with other settings that count while they run, and given those', async () => {
    const pid = await leaveWorker({ redis_port: 1, prefetch: 4 });
    startAgain({ redis_port: 1, prefetch: 0 });
    expect(await event('started')).toMatchObject({ pid, adopted: true });
    expect((await confOfSlot(1)).prefetch).toBe(0);
  });
});

describe('workers whose settings change', () => {
  it('find them in their file, and have them at their next start', async () => {
    const workers = await start({ pipeline: true });
    const { pid } = await event('started');
    await diaryHas('ready', 1);
    await workers.reconfigure({ diary, pipeline: false });
    expect(await confOfSlot(1)).toEqual({ diary, pipeline: false });
    expect((await stat(join(folder, 'worker-1.conf.json'))).mode & 0o777).toBe(0o600);
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
    await event('restarted');
    await diaryHas('ready', 2);
    expect((await confOfSlot(1)).pipeline).toBe(false);
  });
});

async function confOfSlot(slot: number): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(folder, `worker-${slot}.conf.json`), 'utf8'));
}
