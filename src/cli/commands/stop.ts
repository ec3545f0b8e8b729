/** `distcomp stop`: the end of the workers of hosts. */
import { failureWords } from '../../cluster/ssh/results';
import { type Ending, type StopResult, stopWorkers } from '../../cluster/ssh/stop';
import { plural, visible } from '../../tasks/words';
import { type HostOptions, type QueueOptions, workersFrom } from '../hostAccess';
import { endOnHosts, saying } from '../hostResults';

export interface StopOptions extends HostOptions, QueueOptions {
  wait: number;
}

/** Returns the exit code: 1 when a host failed. */
export async function stopHosts(words: string[], options: StopOptions): Promise<number> {
  const results = await stopWorkers({
    ...(await workersFrom(words, options)),
    drainSeconds: options.wait,
    onResult: saying(described, options),
  });
  const ended = results.reduce((sum, { endings }) => sum + endings.length, 0);
  return endOnHosts(results, `${plural(ended, 'worker')} ended`, options);
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
