/** `distcomp restart`: the workers of hosts start again, as they were launched. */
import { restartWorkers } from '../../cluster/ssh/restart';
import { type HostResult, resultWords } from '../../cluster/ssh/results';
import { plural, visible } from '../../tasks/words';
import { type HostOptions, type QueueOptions, workersFrom } from '../hostAccess';
import { endOnHosts, saying } from '../hostResults';
import { workerBundle } from '../workerBundle';

export interface RestartOptions extends HostOptions, QueueOptions {
  wait: number;
}

/** Returns the exit code: 1 when a host failed. */
export async function restartHosts(words: string[], options: RestartOptions): Promise<number> {
  const results = await restartWorkers({
    ...(await workersFrom(words, options)),
    workerBundle: workerBundle(),
    drainSeconds: options.wait,
    onResult: saying(described, options),
  });
  const workers = results.flatMap(result => result.workers);
  const restarted = workers.filter(({ state }) => state === 'started').length;
  return endOnHosts(results, `${plural(restarted, 'worker')} restarted`, options);
}

function described(result: HostResult): string {
  const warnings = result.warnings.map(text => `\n    ${text}`).join('');
  return `${result.host.name}: ${visible(resultWords(result, 'restarted'))}${warnings}`;
}
