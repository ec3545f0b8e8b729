import type { Command } from '../app';

export const openDashboard: Command = async ({ dashboard }) => dashboard.open();
