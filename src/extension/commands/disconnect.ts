import type { Command } from '../app';

/** Shows no queue in this workspace until it is connected again. Whatever runs goes on. */
export const disconnect: Command = {
  id: 'distcomp.disconnect',
  run: ({ connections }) => connections.disconnect(),
};
