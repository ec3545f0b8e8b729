/** `distcomp hosts`: which workers run on hosts, asked of the hosts themselves. */
import { type HostState, hostStates, type RunningWorker } from '../../cluster/ssh/hostStates';
import { failureWords } from '../../cluster/ssh/results';
import { number, plural, visible } from '../../tasks/words';
import { print, printJson } from '../console';
import { EXIT } from '../exit';
import { type HostOptions, type QueueOptions, workersFrom } from '../hostAccess';
import { withRemedy } from '../hostFailure';
import { workerBundle } from '../workerBundle';

/** Returns the exit code: 1 when a host could not be asked. */
export async function listHosts(
  words: string[],
  options: HostOptions & QueueOptions,
): Promise<number> {
  const meant = await workersFrom(words, options);
  const states = await hostStates({ ...meant, workerBundle: workerBundle() });
  if (options.json) {
    printJson({ hosts: states.map(({ host, ...state }) => ({ host: host.name, ...state })) });
  } else {
    print(heading(states));
    const width = Math.max(...meant.hosts.map(({ name }) => name.length));
    for (const state of states) {
      const told = described(withRemedy(state, options), meant.queueFolder === undefined);
      print(`  ${state.host.name.padEnd(width)}  ${told}`);
    }
  }
  return states.some(({ failure }) => failure) ? EXIT.tasksFailed : EXIT.ok;
}

function heading(states: readonly HostState[]): string {
  const running = states.reduce((sum, { workers }) => sum + workers.length, 0);
  const away = states.filter(({ failure }) => failure).length;
  const parts = [`${plural(running, 'worker')} on ${plural(states.length, 'host')}`];
  if (away > 0) parts.push(`${number(away)} failed`);
  return parts.join(' · ');
}

function described({ workers, failure }: HostState, isOfAllQueues: boolean): string {
  if (failure) return visible(failureWords(failure));
  if (workers.length === 0) return 'no worker';
  return workers.map(worker => workerWords(worker, isOfAllQueues)).join(', ');
}

function workerWords(
  { worker, slot, pid, queue, isThisVersion }: RunningWorker,
  isOfAllQueues: boolean,
): string {
  const name = worker === undefined ? `worker ${slot}` : visible(worker);
  const facts = [`process ${pid}`];
  if (isOfAllQueues && queue !== undefined) facts.push(`queue "${queue}"`);
  if (!isThisVersion) facts.push('another version');
  return `${name} (${facts.join(', ')})`;
}
