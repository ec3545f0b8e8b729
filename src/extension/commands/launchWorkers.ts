import type { Command } from '../app';
import { connectedQueue } from '../connection/connectedQueue';
import { listedHostsOf } from '../hosts/chosenHosts';
import { pickHosts } from '../hosts/pickHosts';
import { warn } from '../notices';
import { isTrusted } from '../trust';

/** Starts workers for the queue that is shown, on hosts reached over SSH: the chosen ones, or picked. */
export const launchWorkers: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  if (!(await connectedQueue(app))) return;
  const chosen = listedHostsOf(node, nodes);
  if (chosen.length > 0) return app.launch.launch(chosen);
  const { list } = app.hosts;
  await list.reload();
  if (list.problems.length > 0) warn(list.problems.map(({ message }) => message).join('\n'));
  const picked = await pickHosts(list.entries);
  if (!picked) return;
  await list.remember(picked);
  await app.launch.launch(picked.hosts);
};
