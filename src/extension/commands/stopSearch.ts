import type { Command } from '../app';

/** Ends the search of the filter. What it has found stays. */
export const stopSearch: Command = async ({ filter }) => filter.stop();
