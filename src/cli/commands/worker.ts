/** `distcomp worker`: one worker in the foreground, until Ctrl-C. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { confPath, type GlobalOptions } from '../settings';
import { workerBundle } from '../workerBundle';

export interface WorkerOptions extends GlobalOptions {
  slot?: number;
}

const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Returns the worker's exit code. */
export async function worker(options: WorkerOptions): Promise<number> {
  const config = await confPath(options);
  const { redis, queue, slot } = options;
  const args = Object.entries({ config, redis, queue, slot }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
  // A group of its own: a terminal sends Ctrl-C to all of its group, and here it is passed on, once.
  const child = spawn(process.execPath, [workerBundle(), ...args], {
    stdio: 'inherit',
    detached: true,
  });
  const passOn = () => child.kill('SIGTERM');
  for (const signal of PASSED_ON) process.on(signal, passOn);
  const [code, signal] = await once(child, 'exit');
  for (const name of PASSED_ON) process.off(name, passOn);
  return code ?? 128 + constants.signals[signal as NodeJS.Signals];
}
