/** Real workers for the suite, started as programs from what the extension ships. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extensions } from 'vscode';
import { until } from '../../setup/until';

export interface SuiteWorker {
  /** Where its tasks run. Of a worker elsewhere, another folder than the one that is seen here. */
  folder: string;
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

export interface SuiteWorkerOptions {
  redisUrl: string;
  attempts?: number;
  /** Whether its files cannot be seen from here, as those of another host. */
  elsewhere?: boolean;
}

/** Covers the folder by an empty one of its own, then goes on. */
const ELSEWHERE = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'mount -t tmpfs none "$0" && cd "$0" && exec "$@"',
];

/** Resolves when it takes tasks. */
export async function startWorker(options: SuiteWorkerOptions): Promise<SuiteWorker> {
  const root = await mkdtemp(join(tmpdir(), 'distcomp-suite-worker-'));
  const folder = join(root, 'results');
  await mkdir(folder);
  const config = join(root, 'conf.json');
  const conf = {
    redis_url: options.redisUrl,
    result_dir: folder,
    max_retry_per_task: options.attempts ?? 1,
    health_report_interval: 0.5,
    retry_elsewhere_seconds: 0,
    max_task_per_worker: 4,
    min_dram_gb_accept_new_task: 0,
    min_dram_gb_trigger_return: 0,
  };
  await writeFile(config, JSON.stringify(conf), { mode: 0o600 });
  const shipped = extensions.getExtension('distcomp.distcomp')?.extensionPath ?? '';
  const words = [process.execPath, join(shipped, 'dist', 'worker.js'), '--config', config];
  const [program = '', ...args] = options.elsewhere ? [...ELSEWHERE, folder, ...words] : words;
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await until(() => said.includes('takes tasks of queue') || child.exitCode !== null, {
    describe: () => `the worker to be ready; it said: ${said}`,
  });
  return { folder, signal: name => child.kill(name), stop: () => stop(child, root) };
}

async function stop(child: ChildProcess, root: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  // What a killed worker ran may write there until its guard has ended it.
  await until(() => rm(root, { recursive: true, force: true }).then(() => true), {
    describe: `${root} to be removed`,
  });
}
