import type { Capacity } from '../tasks/needs';
import type { QueueWorker } from './workers';
import { workerState } from './workerWords';

/** Memory that its host has for tasks with none running; what it does not tell of may be any amount. */
export const memoryOf = ({ details, load }: QueueWorker): number =>
  details.capacity_gb ?? load?.totalGb ?? Number.POSITIVE_INFINITY;

export const coresOf = ({ load }: QueueWorker): number =>
  load?.totalCores ?? Number.POSITIVE_INFINITY;

/** What the workers have that are there and take tasks. */
export function liveCapacities(workers: readonly QueueWorker[]): Capacity[] {
  return workers
    .filter(takesTasks)
    .map(worker => ({ name: worker.name, memoryGb: memoryOf(worker), cores: coresOf(worker) }));
}

const takesTasks = (worker: QueueWorker) => !worker.draining && workerState(worker) === 'live';
