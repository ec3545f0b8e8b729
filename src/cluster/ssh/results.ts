/** What became of one host, in words that say what to do next. Pure. */
import { wantsLogin } from './failures';
import type { Host } from './hosts';
import type { OtherVersion, StartAnswer, StartStep } from './startScript';
import type { SshFailed } from './transport';
import type { TunnelFailed } from './tunnelScript';

export interface LaunchedWorker {
  slot: number;
  state: 'started' | 'already_running';
  /** What runs already is of another version: replaced on request only, or still finishing its tasks. */
  version?: OtherVersion;
  worker: string;
  /** Of one that was started. */
  instance?: string;
}

/** Of a host that could not do what was to come, before it changed anything. */
export const LEFT_RUNNING = 'Its workers were left running as they were.';

/** What is done on a host, in this order; then what is done with workers that are there. */
export type Step =
  | ('ssh' | 'tunnel' | 'shell' | StartStep | 'settings' | 'redis' | 'start' | 'heartbeat')
  | ('stop' | 'restart' | 'fetch' | 'clean');

export interface HostFailure {
  step: Step;
  message: string;
  /** It may help that a person logs in: `sharedConnection.ts`. */
  login?: true;
  /** A login is for that: its key is not accepted yet. */
  unknownKey?: true;
}

export interface HostResult {
  host: Host;
  workers: LaunchedWorker[];
  /** What went wrong, for one of its workers at least. */
  failure?: HostFailure;
  warnings: string[];
}

export const NO_SHELL: HostFailure = {
  step: 'shell',
  message: 'Its shell did not run what was sent. Does sh work there?',
};

export function sshFailure({ failure }: SshFailed): HostFailure {
  const { message } = failure;
  return {
    step: 'ssh',
    message,
    ...(wantsLogin(failure) && { login: true }),
    ...(failure.kind === 'unknown_key' && { unknownKey: true }),
  };
}

export function sshResult(host: Host, error: SshFailed): HostResult {
  return { host, workers: [], failure: sshFailure(error), warnings: [] };
}

export function tunnelResult(host: Host, { message }: TunnelFailed): HostResult {
  return { host, workers: [], failure: { step: 'tunnel', message }, warnings: [] };
}

export function resultOf(host: Host, answer: StartAnswer | undefined): HostResult {
  const result: HostResult = { host, workers: [], warnings: [] };
  if (!answer) {
    result.failure = NO_SHELL;
    return result;
  }
  result.warnings = warningsOf(answer);
  if (answer.failed) {
    const { step, about } = answer.failed;
    result.failure = { step, message: STEP_WORDS[step](about) };
  }
  if (answer.refused) {
    const { code, message } = answer.refused;
    result.failure = { step: stepOfCode(code), message };
  }
  for (const { slot, said } of answer.workers) {
    const found = parseWorker(slot, said);
    if ('failure' in found) {
      result.failure ??= found.failure;
      continue;
    }
    const other = answer.others.find(each => each.slot === slot);
    result.workers.push({ ...found.worker, ...(other && { version: other.state }) });
  }
  return result;
}

function warningsOf({ without, endsAtLogout }: StartAnswer): string[] {
  const warnings = without.map(
    program => `No ${program} was found: tasks of type ${program.replace(/\d+$/, '')} fail there.`,
  );
  if (endsAtLogout) {
    warnings.push(
      'This host ends what you started when you log out (KillUserProcesses). Run there once: loginctl enable-linger',
    );
  }
  return warnings;
}

const STEP_WORDS: Record<StartStep, (about: string) => string> = {
  node: found => {
    if (found === 'sent')
      return 'The Node that was sent does not run there. Is it for another system?';
    const given = /^given (.+)$/.exec(found)?.[1];
    if (given !== undefined)
      return `${given} cannot run there as Node. Correct the path, or leave it out: then it is looked for.`;
    return found === 'none'
      ? 'No Node 18 or newer was found. Install one there, say where it is, or send one along.'
      : `Node must be 18 or newer, found ${found}. Install a newer one there, say where it is, or send one along.`;
  },
  folder: path => `Cannot write to ${path}. Make it writable.`,
  cwd: path =>
    `There is no working directory ${path} that can be entered. Make it, or name another.`,
  disk: about => {
    const [, free, needed, path] = /^(\d+) (\d+) (\/.*)$/.exec(about) ?? [];
    return path === undefined
      ? `The disk under ${about} is full. Make room there.`
      : `The disk under ${path} has ${free} kB free, and ${needed} kB are needed. Make room there.`;
  },
  bundle: () => 'The worker program that was sent did not arrive. Is its disk full?',
};

/** Exit codes of a worker that could not begin. */
const CODES: Readonly<Record<number, Step>> = { 2: 'settings', 3: 'redis' };

const stepOfCode = (code: number): Step => CODES[code] ?? 'start';

function parseWorker(
  slot: number,
  said: string,
): { worker: LaunchedWorker } | { failure: HostFailure } {
  const { state, worker, instance, code, message } = parse(said);
  if (typeof worker === 'string' && (state === 'started' || state === 'already_running')) {
    const about = typeof instance === 'string' ? { instance } : {};
    return { worker: { slot, state, worker, ...about } };
  }
  const step = stepOfCode(typeof code === 'number' ? code : 1);
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

/**
 * `node1~1 started, node1~2 was already running`. It has words of the host, which are untrusted.
 *
 * @param started what became of a worker that was started
 */
export function resultWords({ workers, failure }: HostResult, started = 'started'): string {
  const parts = workers.map(worker => workerWords(worker, started));
  if (failure) parts.push(failureWords(failure));
  return parts.join(', ');
}

/** `failed (node): No Node 18 or newer was found. …` It has words of the host, which are untrusted. */
export const failureWords = ({ step, message }: HostFailure) => `failed (${step}): ${message}`;

function workerWords({ worker, state, version }: LaunchedWorker, started: string): string {
  if (version === 'draining') return `${worker} still finishes its tasks; launch again then`;
  if (version === 'other') return `${worker} runs another version`;
  return state === 'started' ? `${worker} ${started}` : `${worker} was already running`;
}
