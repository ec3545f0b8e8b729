import type { Command } from '../app';
import { connectedQueue } from '../connection/connectedQueue';
import { pickHosts } from '../hosts/pickHosts';
import { isTrusted } from '../trust';

/** Starts workers for the queue that is shown, on hosts reached over SSH. */
export const launchWorkers: Command = async app => {
  if (!isTrusted()) return;
  if (!(await connectedQueue(app))) return;
  const hosts = await pickHosts();
  if (hosts && hosts.length > 0) await app.hosts.launch(hosts);
};
