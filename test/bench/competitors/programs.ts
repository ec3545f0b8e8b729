/** Programs that run commands and end. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { endedChildrenMs, ownMs, treeMs } from '../suite/cpu';

const inProject = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** How many tasks a second ended, and the milliseconds of CPU that each took, all processes counted. */
export type Work = Readonly<Record<'rate' | 'cpu', number>>;

/** The same of a service: besides, what of the CPU its worker took itself, and Redis. */
export type ServiceWork = Work & Readonly<Record<'worker' | 'redis', number>>;

/** Makes a program of a C file beside this one, and answers its path. */
export function compile(name: string): string {
  const folder = inProject('dist/bench');
  mkdirSync(folder, { recursive: true });
  const program = `${folder}/${name}`;
  execFileSync('gcc', ['-O2', '-o', program, inProject(`test/bench/competitors/${name}.c`)]);
  return program;
}

/**
 * Runs a program that works off `tasks` tasks. One at a time: the CPU of all children counts.
 * @param input what it reads
 * @throws when it fails
 */
export async function runProgram(
  words: readonly string[],
  tasks: number,
  input = '',
): Promise<Work> {
  const [program = '', ...args] = words;
  const [began, cpuBefore] = [performance.now(), endedChildrenMs()];
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}`);
  const ms = performance.now() - began;
  return { rate: (tasks * 1000) / ms, cpu: (endedChildrenMs() - cpuBefore) / tasks };
}

/**
 * Measures what a service does until its tasks have ended.
 * @param worker, redis their process numbers
 */
export async function watchService(
  { worker, redis }: { worker: number; redis: number },
  tasks: number,
  run: () => Promise<void>,
): Promise<ServiceWork> {
  const look = () => [treeMs([worker, redis]), ownMs(worker), ownMs(redis)];
  const [began, before] = [performance.now(), look()];
  await run();
  const ms = performance.now() - began;
  const [cpu = 0, own = 0, server = 0] = look().map((now, at) => (now - (before[at] ?? 0)) / tasks);
  return { rate: (tasks * 1000) / ms, cpu, worker: own, redis: server };
}
