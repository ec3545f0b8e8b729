/** `distcomp launch --tunnel` after its launch: it stays until it is asked to end, and says what becomes of tunnels. */
import { once } from 'node:events';
import type { Host } from '../cluster/ssh/hosts';
import type { TunnelState } from '../cluster/ssh/tunnelState';
import type { Tunnels } from '../cluster/ssh/tunnels';
import { number, visible } from '../tasks/words';
import { say } from './console';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Says when one is lost, and when it is back; not each try between. */
export function tellTunnels(tunnels: Tunnels): void {
  const lost = new Set<string>();
  tunnels.onChange((host, state) => {
    const text = changeOf(host, state, lost.has(host.name));
    if (text !== undefined) say(text);
    if (state.is === 'down') lost.add(host.name);
    if (state.is === 'up') lost.delete(host.name);
  });
}

function changeOf({ name }: Host, state: TunnelState, wasLost: boolean): string | undefined {
  if (state.is === 'up') return `  ${name}: the tunnel is back.`;
  if (state.is !== 'down' || wasLost) return undefined;
  return `  ${name}: the tunnel is lost: ${visible(state.why)}. Its workers wait; it is tried again until it is back.`;
}

/** Returns when a signal asks for the end. A second signal ends the program at once. */
export async function stayForTunnels({ hosts }: Tunnels): Promise<void> {
  const open =
    hosts.length === 1
      ? 'The tunnel of 1 host stays'
      : `The tunnels of ${number(hosts.length)} hosts stay`;
  say(
    `${open} open while this runs. Workers wait when it ends; run it again to go on. Ctrl-C ends it.`,
  );
  const asked = new AbortController();
  const { signal } = asked;
  await Promise.race(SIGNALS.map(name => once(process, name, { signal }))).finally(() =>
    asked.abort(),
  );
}
