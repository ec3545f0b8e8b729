import type { Command } from '../app';

export const showLog: Command = {
  id: 'distcomp.showLog',
  async run({ log }) {
    log.show();
  },
};
