/** BullMQ: a queue, and a worker of it in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import type { TestRedis } from '../../setup/redis';
import { waitFor } from './distcomp';
import { type ServiceWork, watchService } from './programs';

const WORKER = fileURLToPath(new URL('bullWorker.mjs', import.meta.url));

export interface Bull {
  /** Adds so many jobs that run a command, waits for their ends. CPU: the worker, all below it, Redis. */
  work(tasks: number): Promise<ServiceWork>;
  stop(): Promise<void>;
}

export async function startBull(server: TestRedis, concurrency: number): Promise<Bull> {
  const name = 'commands';
  const queue = new Queue(name, { connection: { host: '127.0.0.1', port: server.port } });
  const worker = spawn(process.execPath, [WORKER, String(server.port), name, String(concurrency)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(worker.stdout, 'data');
  let added = 0;
  function work(tasks: number): Promise<ServiceWork> {
    const jobs = Array.from({ length: tasks }, () => {
      return { name: 'command', data: { command: `true ${added++}` } };
    });
    return watchService({ worker: worker.pid ?? 0, redis: server.pid }, tasks, async () => {
      await queue.addBulk(jobs);
      await waitFor(async () => (await queue.getCompletedCount()) === added, 'BullMQ to finish');
    });
  }
  async function stop(): Promise<void> {
    await end(worker);
    await queue.close();
  }
  return { work, stop };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
