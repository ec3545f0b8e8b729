import type { Capacity } from '../tasks/needs';
import { LOOKS_TO_LOSE } from './look';
import type { QueueWorker } from './workers';

/** What the workers have that are there and take tasks; of what one does not tell, as if it had all. */
export function liveCapacities(workers: readonly QueueWorker[]): Capacity[] {
  return workers.filter(takesTasks).map(({ name, details, load }) => ({
    name,
    memoryGb: details.capacity_gb ?? load?.totalGb ?? Number.POSITIVE_INFINITY,
    cores: load?.totalCores ?? Number.POSITIVE_INFINITY,
  }));
}

function takesTasks({ draining, looksWithoutChange, details }: QueueWorker): boolean {
  const isEnding = draining || details.state === 'draining' || details.state === 'stopping';
  return !isEnding && looksWithoutChange < LOOKS_TO_LOSE;
}
