import type { Command } from '../app';

/** Reads now what would be read soon anyway; connects again where that was given up, and searches anew. */
export const refresh: Command = async ({ store, workers, hosts, filter, connections }) => {
  store.refresh();
  workers.refresh();
  hosts.refresh();
  filter.again();
  if (store.link.state !== 'live') await connections.resume();
};
