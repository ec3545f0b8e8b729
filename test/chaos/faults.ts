/** All faults: one file a family. */
import type { Fault } from './fault';
import { networkFaults } from './faults/network';
import { peerFaults } from './faults/peers';
import { peopleFaults } from './faults/people';
import { redisFaults } from './faults/redis';
import { taskFaults } from './faults/tasks';
import { workerFaults } from './faults/worker';

export const FAULTS: readonly Fault[] = [
  ...workerFaults,
  ...networkFaults,
  ...redisFaults,
  ...taskFaults,
  ...peerFaults,
  ...peopleFaults,
];

/**
 * Faults and families by their names: `kill`, or `worker` for all of that family.
 *
 * @throws RangeError for a name that is none
 */
export function faultsNamed(names: readonly string[]): Fault[] {
  const unknown = names.find(name => !FAULTS.some(fault => fits(fault, name)));
  if (unknown !== undefined) {
    const known = FAULTS.map(({ name }) => name).join(', ');
    throw new RangeError(`No fault "${unknown}". There are: ${known}.`);
  }
  return FAULTS.filter(fault => names.some(name => fits(fault, name)));
}

const fits = ({ name, family }: Fault, wanted: string) => name === wanted || family === wanted;
