import type { Command } from '../app';

export const showLog: Command = async ({ log }) => {
  log.show();
};
