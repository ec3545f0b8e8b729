/** What became of one host, in words that say what to do next. Pure. */
import type { Host } from './hosts';
import type { StartAnswer, StartStep } from './startScript';
import type { SshFailed } from './transport';
import type { TunnelFailed } from './tunnelScript';

export interface LaunchedWorker {
  slot: number;
  state: 'started' | 'already_running';
  worker: string;
  /** Of one that was started. */
  instance?: string;
}

export type Step =
  | 'ssh'
  | 'tunnel'
  | 'shell'
  | StartStep
  | 'settings'
  | 'redis'
  | 'start'
  | 'heartbeat';

export interface HostFailure {
  step: Step;
  message: string;
}

export interface HostResult {
  host: Host;
  workers: LaunchedWorker[];
  /** What went wrong, for one of its workers at least. */
  failure?: HostFailure;
  warnings: string[];
}

export function sshResult(host: Host, { failure }: SshFailed): HostResult {
  return { host, workers: [], failure: { step: 'ssh', message: failure.message }, warnings: [] };
}

export function tunnelResult(host: Host, { message }: TunnelFailed): HostResult {
  return { host, workers: [], failure: { step: 'tunnel', message }, warnings: [] };
}

export function resultOf(host: Host, answer: StartAnswer | undefined): HostResult {
  const result: HostResult = { host, workers: [], warnings: [] };
  if (!answer) {
    result.failure = {
      step: 'shell',
      message: 'Its shell did not run what was sent. Does sh work there?',
    };
    return result;
  }
  result.warnings = answer.without.map(
    program => `No ${program} was found: tasks of type ${program.replace(/\d+$/, '')} fail there.`,
  );
  if (answer.failed) {
    const { step, about } = answer.failed;
    result.failure = { step, message: STEP_WORDS[step](about) };
  }
  for (const { slot, said } of answer.workers) {
    const found = parseWorker(slot, said);
    if ('failure' in found) result.failure ??= found.failure;
    else result.workers.push(found.worker);
  }
  return result;
}

const STEP_WORDS: Record<StartStep, (about: string) => string> = {
  node: found =>
    found === 'none'
      ? 'No Node 18 or newer was found. Install one there, or say where it is.'
      : `Node must be 18 or newer, found ${found}. Install a newer one there, or say where it is.`,
  folder: path => `Cannot write to ${path}. Make it writable.`,
  cwd: path =>
    `There is no working directory ${path} that can be entered. Make it, or name another.`,
  disk: path => `The disk under ${path} is full. Make room there.`,
  bundle: () => 'The worker program that was sent did not arrive. Is its disk full?',
};

/** Exit codes of a worker that could not begin. */
const CODES: Readonly<Record<number, Step>> = { 2: 'settings', 3: 'redis' };

function parseWorker(
  slot: number,
  said: string,
): { worker: LaunchedWorker } | { failure: HostFailure } {
  const { state, worker, instance, code, message } = parse(said);
  if (typeof worker === 'string' && (state === 'started' || state === 'already_running')) {
    const about = typeof instance === 'string' ? { instance } : {};
    return { worker: { slot, state, worker, ...about } };
  }
  const step = (typeof code === 'number' && CODES[code]) || 'start';
  const why = typeof message === 'string' && message !== '' ? message : said;
  return { failure: { step, message: why } };
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
