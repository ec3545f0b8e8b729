import { INSTANCE_VARIABLE } from './environment';
import type { Marker } from './processTable';

const NAMES: Record<string, keyof Marker> = {
  [INSTANCE_VARIABLE]: 'instance',
  DISTCOMP_TASK_ID: 'taskId',
  DISTCOMP_WORKER: 'worker',
  DISTCOMP_ATTEMPT: 'attempt',
};

/** From `NAME=value` entries; undefined without an instance. */
export function markerOf(entries: Iterable<string>): Marker | undefined {
  const marker: Marker = { instance: '', taskId: '', worker: '', attempt: '' };
  for (const entry of entries) {
    const equals = entry.indexOf('=');
    const field = NAMES[entry.slice(0, equals)];
    if (field !== undefined) marker[field] = entry.slice(equals + 1);
  }
  return marker.instance === '' ? undefined : marker;
}
