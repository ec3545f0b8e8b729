/** `distcomp launch --tunnel` after its launch: it stays until it is asked to end, and says what becomes of tunnels. */
import { once } from 'node:events';
import type { Tunnels } from '../cluster/ssh/tunnels';
import { number, visible } from '../tasks/words';
import { say } from './console';
import { type ConnectionOptions, loginCommand } from './hostFailure';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Says when one is lost, when that is for want of a login, and when it is back; not each try between. */
export function tellTunnels(tunnels: Tunnels, options: ConnectionOptions): void {
  const told = new Map<string, 'lost' | 'wants login'>();
  tunnels.onChange((host, state) => {
    const { name } = host;
    if (state.is === 'up') {
      told.delete(name);
      say(`  ${name}: the tunnel is back.`);
    }
    if (state.is !== 'down') return;
    if (!told.has(name)) {
      told.set(name, 'lost');
      say(
        `  ${name}: the tunnel is lost: ${visible(state.why)}. Its workers wait; it is tried again until it is back.`,
      );
    }
    if (state.login && told.get(name) === 'lost') {
      told.set(name, 'wants login');
      say(`  ${name}: it comes back once you log in again: ${loginCommand([host], options)}`);
    }
  });
}

/** Returns when a signal asks for the end. A second signal ends the program at once. */
export async function stayForTunnels({ hosts }: Tunnels): Promise<void> {
  const asked = new AbortController();
  const { signal } = asked;
  const signals = SIGNALS.map(name => once(process, name, { signal }));
  const open =
    hosts.length === 1
      ? 'The tunnel of 1 host stays'
      : `The tunnels of ${number(hosts.length)} hosts stay`;
  say(
    `${open} open while this runs. Workers wait when it ends; run it again to go on. Ctrl-C ends it.`,
  );
  await Promise.race(signals).finally(() => asked.abort());
}
