/** Tasks that leave traces where they ran, and what the traces say. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox } from './sandbox';

/** Notes that it ran, so that tests see how often. */
export const noting = (count: number, command = 'true') =>
  Array.from({ length: count }, (_, i) => `shell:1:0:0:echo ${i} >> ran; ${command}`);
/** A task that does not end before the file `gate` is there. */
export const WAIT = 'while [ ! -e gate ]; do sleep 0.05; done';
export const ran = async ({ read }: Sandbox) =>
  (await read('ran').catch(() => '')).trim().split('\n').filter(Boolean).map(Number);
export const sorted = (numbers: number[]) => [...numbers].sort((a, b) => a - b);
export const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
export const workersOf = async ({ processes }: Sandbox) =>
  (await processes()).filter(({ command }) => command.includes('worker.js'));
/** What the workers of its runs have said so far. */
export const workersSaid = async ({ state }: Sandbox) => {
  const logs = (await readdir(state, { recursive: true })).filter(name =>
    /worker-\d+\.log$/.test(name),
  );
  return (await Promise.all(logs.map(name => readFile(join(state, name), 'utf8')))).join('');
};
