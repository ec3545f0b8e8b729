import type { Command } from '../app';

/** Shows no queue in this workspace until it is connected again. Whatever runs goes on. */
export const disconnect: Command = ({ connections }) => connections.disconnect();
