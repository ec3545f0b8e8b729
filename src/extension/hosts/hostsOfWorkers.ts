import type { HostEntry, HostList } from './hostList';
import type { HostNode } from './hostNodes';

/** The hosts on the list that these workers run on: by what the hosts told, or by the names of both. */
export async function hostsOfWorkers(
  list: Pick<HostList, 'loaded' | 'entries'>,
  workers: readonly string[],
): Promise<HostNode[]> {
  await list.loaded();
  const names = new Set(workers);
  // `node4~1` is called after its machine.
  const machines = new Set(workers.map(name => name.replace(/~\d+$/, '')));
  const runs = ({ host, standing }: HostEntry) =>
    machines.has(host.name) ||
    standing.workers?.some(({ name }) => name !== undefined && names.has(name)) === true;
  return list.entries.filter(runs).map(entry => ({ kind: 'host', entry }));
}
