/** Real workers, started as programs from this tree's bundle. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { programs } from './bundle';
import { until } from './until';

export interface TestWorker {
  pid: number;
  /** All that it has said so far. */
  log(): string;
  signal(name: NodeJS.Signals): void;
  /** Resolves with exit code or signal when it has ended. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Where its tasks run and `result_dir` is. */
  folder: string;
  /** Its conf.json, and all that stands in it. */
  confPath: string;
  conf: Record<string, unknown>;
}

export interface TestWorkerOptions {
  /** Content of conf.json; `redis_url` at least. */
  conf: Record<string, unknown>;
  folder?: string;
  args?: readonly string[];
  environment?: Record<string, string>;
  /** Path of another worker's bundle than this tree's. */
  program?: string;
  /** Shell lines that run in its process before it begins: `ulimit`, a cgroup. */
  before?: string;
  /** Default true: resolves when it takes tasks. */
  waitUntilReady?: boolean;
}

const running: ChildProcess[] = [];
const folders: string[] = [];

/** Small figures, so that tests wait little; and no memory threshold, so that they run anywhere. */
const QUICK_CONF = {
  health_report_interval: 0.5,
  worker_dead_seconds: 5,
  retry_elsewhere_seconds: 0,
  max_task_per_worker: 4,
  min_dram_gb_accept_new_task: 0,
  min_dram_gb_trigger_return: 0,
};

export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'distcomp-worker-'));
  folders.push(folder);
  return folder;
}

export async function startWorker(options: TestWorkerOptions): Promise<TestWorker> {
  const worker = options.program ?? programs().worker;
  const folder = options.folder ?? (await testFolder());
  const confPath = join(folder, `conf-${Math.random().toString(36).slice(2)}.json`);
  const conf = { result_dir: folder, ...QUICK_CONF, ...options.conf };
  await writeFile(confPath, JSON.stringify(conf), { mode: 0o600 });
  const words = [process.execPath, worker, '--config', confPath, ...(options.args ?? [])];
  const [program = '', ...args] =
    options.before === undefined
      ? words
      : ['/bin/sh', '-c', `${options.before}\nexec "$@"`, 'sh', ...words];
  const child = spawn(program, args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...options.environment },
  });
  running.push(child);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  const started: TestWorker = {
    pid: child.pid ?? 0,
    log: () => said,
    signal: name => child.kill(name),
    ended,
    folder,
    confPath,
    conf,
  };
  if (options.waitUntilReady !== false) {
    await until(() => said.includes('takes tasks of queue') || child.exitCode !== null, {
      describe: () => `the worker to be ready; it said: ${said}`,
    });
  }
  return started;
}

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  for (const folder of folders.splice(0)) {
    // What a killed worker ran may write there until its guard has ended it.
    await until(() => rm(folder, { recursive: true, force: true }).then(() => true), {
      describe: `${folder} to be removed`,
    });
  }
});
