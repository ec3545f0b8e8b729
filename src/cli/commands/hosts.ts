/** `distcomp hosts`: which workers run on hosts, asked of the hosts themselves. */
import { type HostState, hostStates, type RunningWorker } from '../../cluster/ssh/hostStates';
import { failureWords } from '../../cluster/ssh/results';
import { number, plural, visible } from '../../tasks/words';
import { print, printJson } from '../console';
import { EXIT } from '../exit';
import { type HostOptions, hostsFrom, sshFrom } from '../hostAccess';
import { withRemedy } from '../hostFailure';
import { workerBundle } from '../workerBundle';

/** Returns the exit code: 1 when a host could not be asked. */
export async function listHosts(words: string[], options: HostOptions): Promise<number> {
  const hosts = await hostsFrom(words, options);
  const states = await hostStates({
    hosts,
    workerBundle: workerBundle(),
    ssh: sshFrom(options),
  });
  if (options.json) {
    printJson({ hosts: states.map(({ host, ...state }) => ({ host: host.name, ...state })) });
  } else {
    print(heading(states));
    const width = Math.max(...hosts.map(({ name }) => name.length));
    for (const state of states) {
      const told = described(withRemedy(state, options));
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

function described({ workers, failure }: HostState): string {
  if (failure) return visible(failureWords(failure));
  return workers.length === 0 ? 'no worker' : workers.map(workerWords).join(', ');
}

function workerWords({ worker, slot, pid, isThisVersion }: RunningWorker): string {
  const name = worker === undefined ? `worker ${slot}` : visible(worker);
  return `${name} (process ${pid}${isThisVersion ? '' : ', another version'})`;
}
