/** `distcomp stop`: the end of the workers of hosts. */

import { failureWords } from '../../cluster/ssh/results';
import { type Ending, type StopResult, stopWorkers } from '../../cluster/ssh/stop';
import { plural, visible } from '../../tasks/words';
import { print, printJson, say } from '../console';
import { EXIT } from '../exit';
import { type HostOptions, hostsFrom, sshFrom } from '../hostAccess';
import { withRemedy } from '../hostFailure';

export interface StopOptions extends HostOptions {
  wait: number;
}

/** Returns the exit code: 1 when a host failed. */
export async function stopHosts(words: string[], options: StopOptions): Promise<number> {
  const results = await stopWorkers({
    hosts: await hostsFrom(words, options),
    drainSeconds: options.wait,
    ssh: sshFrom(options),
    onResult: result => say(`  ${described(withRemedy(result, options))}`),
  });
  if (options.json) {
    printJson({ hosts: results.map(({ host, ...result }) => ({ host: host.name, ...result })) });
  } else {
    const ended = results.reduce((sum, { endings }) => sum + endings.length, 0);
    const failed = results.filter(({ failure }) => failure);
    print(
      [
        `${plural(ended, 'worker')} ended`,
        ...(failed.length > 0 ? [`${plural(failed.length, 'host')} failed`] : []),
      ].join(' · '),
    );
  }
  return results.some(({ failure }) => failure) ? EXIT.tasksFailed : EXIT.ok;
}

const ENDING_WORDS: Record<Ending, string> = {
  drained: 'ended',
  ended: 'ended and gave back what it ran',
  killed: 'was killed; its tasks go back once it is found lost',
};

function described({ host, endings, failure }: StopResult): string {
  const parts = endings.map(({ slot, ending }) => `worker ${slot} ${ENDING_WORDS[ending]}`);
  if (failure) parts.push(visible(failureWords(failure)));
  return `${host.name}: ${parts.join(', ') || 'no worker runs'}`;
}
