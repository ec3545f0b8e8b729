import type { Command } from '../app';

/** Shows all tasks again. A search that goes on ends. */
export const clearFilter: Command = async ({ filter }) => filter.clear();
