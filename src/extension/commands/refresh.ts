import type { Command } from '../app';

/** Reads now what would be read soon anyway; connects again where that was given up. */
export const refresh: Command = async ({ store, connections }) => {
  store.refresh();
  if (store.link.state !== 'live') await connections.resume();
};
