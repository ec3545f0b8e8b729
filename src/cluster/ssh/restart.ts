/**
 * Workers of hosts start again, each as it was launched and with this version's program. A host first
 * looks whether all that it can see goes well, so that no worker ends that could not come back; tunnels
 * stay as they are.
 */
import { onEach, patiently } from './crowd';
import type { Host } from './hosts';
import { START_SECONDS } from './launch';
import type { Asking } from './manage';
import { type Bundle, readBundle, send } from './programs';
import { newToken, SHELL } from './remoteScript';
import { parseRestartAnswer, type RestartAnswer, restartScript } from './restartScript';
import {
  type HostFailure,
  type HostResult,
  LEFT_RUNNING,
  NO_SHELL,
  resultOf,
  sshResult,
} from './results';
import { BEYOND_DRAIN_SECONDS, remainingFailure } from './stop';
import { runOn, SshFailed } from './transport';

export interface RestartOptions extends Asking {
  /** What a host file says of them does not count: they keep what they were launched with. */
  hosts: readonly Host[];
  /** Path of `worker.js` on this machine. */
  workerBundle: string;
  /** For so long running tasks may go on. */
  drainSeconds: number;
  /** As soon as it is known. */
  onResult?: (result: HostResult) => void;
}

/** Results in the order of the hosts: a worker that runs again has the state `started`. */
export async function restartWorkers(options: RestartOptions): Promise<HostResult[]> {
  const bundle = await readBundle(options.workerBundle);
  return onEach(options.hosts, host => restartOn(host, bundle, options), options.onResult);
}

async function restartOn(host: Host, bundle: Bundle, options: RestartOptions): Promise<HostResult> {
  try {
    let answer = await restart(host, bundle, options);
    if (answer?.failed?.step === 'bundle') {
      await send(host, bundle.name, bundle.content, options.ssh);
      answer = await restart(host, bundle, options);
    }
    return restartResult(host, answer);
  } catch (error) {
    if (error instanceof SshFailed) return sshResult(host, error);
    throw error;
  }
}

async function restart(
  host: Host,
  bundle: Bundle,
  { drainSeconds, ssh, queueFolder }: RestartOptions,
): Promise<RestartAnswer | undefined> {
  const token = newToken();
  const script = restartScript({ token, queueFolder, bundle, drainSeconds });
  const commandSeconds = drainSeconds + BEYOND_DRAIN_SECONDS + START_SECONDS;
  const { stdout } = await patiently(() => runOn(host, SHELL, script, { ...ssh, commandSeconds }));
  return parseRestartAnswer(token, stdout);
}

function restartResult(host: Host, answer: RestartAnswer | undefined): HostResult {
  if (!answer) return { host, workers: [], failure: NO_SHELL, warnings: [] };
  if (answer.isNone) {
    const message = 'No worker runs there. Launch some.';
    return { host, workers: [], failure: { step: 'restart', message }, warnings: [] };
  }
  const result = resultOf(host, answer);
  const failure = result.failure ?? failureOfRestart(answer);
  return {
    ...result,
    warnings: [...result.warnings, ...warningsOf(answer)],
    ...(failure && { failure: { ...failure, message: withOutcome(failure, result, answer) } }),
  };
}

function failureOfRestart({ remaining, isWhole }: RestartAnswer): HostFailure | undefined {
  if (!isWhole) return { step: 'ssh', message: 'The connection broke while it answered.' };
  return remainingFailure(remaining);
}

/** Whether workers run all the same. */
function withOutcome(
  { message }: HostFailure,
  { workers }: HostResult,
  { ending }: RestartAnswer,
): string {
  if (!ending) return `${message} ${LEFT_RUNNING}`;
  const idle = ending.filter(slot => !workers.some(worker => worker.slot === slot));
  if (idle.length === 0) return message;
  return `${message} Not running now: worker ${idle.join(', ')}. Launch again.`;
}

function warningsOf({ endings, isUnordered }: RestartAnswer): string[] {
  const warnings = endings.flatMap(({ slot, ending }) => {
    if (ending === 'ended') return [`Worker ${slot} gave back what it still ran.`];
    return ending === 'killed'
      ? [`Worker ${slot} hung and was killed; what it ran went back to the queue.`]
      : [];
  });
  if (isUnordered) {
    warnings.push(
      'Workers of an earlier version left no note of their environment (env.NAME of a host file), which is lost. To give it again: stop, then launch.',
    );
  }
  return warnings;
}
