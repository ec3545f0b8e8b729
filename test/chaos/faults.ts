/** All faults: one file a family; and which of them can be played together. */
import type { Fault } from './fault';
import { failoverFaults } from './faults/failover';
import { networkFaults } from './faults/network';
import { peerFaults } from './faults/peers';
import { peopleFaults } from './faults/people';
import { redisFaults } from './faults/redis';
import { taskFaults } from './faults/tasks';
import { workerFaults } from './faults/worker';
import type { Family } from './schedule';

export const FAULTS: readonly Fault[] = [
  ...workerFaults,
  ...networkFaults,
  ...redisFaults,
  ...taskFaults,
  ...peerFaults,
  ...peopleFaults,
  ...failoverFaults,
];

/** These are about one server that stays the primary. */
const OF_ONE_SERVER: readonly Family[] = ['network', 'redis', 'peers'];

/** What is played when no fault is named. */
export const USUAL_FAULTS = FAULTS.filter(({ family }) => family !== 'failover');

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

/**
 * Whether these are played on a primary and a replica that sentinels watch.
 *
 * @throws RangeError when others of them are about one server
 */
export function needSentinels(faults: readonly Fault[]): boolean {
  if (!faults.some(({ family }) => family === 'failover')) return false;
  const other = faults.find(({ family }) => OF_ONE_SERVER.includes(family));
  if (!other) return true;
  throw new RangeError(`"${other.name}" needs a server that stays: play "failover" without it.`);
}

const fits = ({ name, family }: Fault, wanted: string) => name === wanted || family === wanted;
