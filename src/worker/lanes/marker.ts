import { INSTANCE_VARIABLE } from './environment';
import type { Marker } from './processTable';

const NAMES: Record<string, keyof Marker> = {
  [INSTANCE_VARIABLE]: 'instance',
  DISTCOMP_TASK_ID: 'taskId',
  DISTCOMP_WORKER: 'worker',
  DISTCOMP_ATTEMPT: 'attempt',
};

export const NO_ENVIRONMENT: Marker = { instance: '', taskId: '', worker: '', attempt: '' };

/** What marks the processes of a worker's nth executor; those of the first one, the worker's instance itself. */
export function executorInstance(worker: string, n: number): string {
  return n === 0 ? worker : `${worker}+${n}`;
}

/** The worker's instance, of what marks one of its processes. */
export function workerInstance(instance: string): string {
  return instance.split('+', 1)[0] ?? instance;
}

/** From `NAME=value` entries; undefined without an instance. */
export function markerOf(entries: Iterable<string>): Marker | undefined {
  const marker: Marker = { ...NO_ENVIRONMENT };
  for (const entry of entries) {
    const equals = entry.indexOf('=');
    const field = NAMES[entry.slice(0, equals)];
    if (field !== undefined) marker[field] = entry.slice(equals + 1);
  }
  return marker.instance === '' ? undefined : marker;
}
