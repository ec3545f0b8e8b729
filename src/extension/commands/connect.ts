import type { App, Command } from '../app';
import { readAddress } from '../connection/address';
import { askAddress, type Wanted } from '../connection/askAddress';
import { tryUntilAccepted } from '../connection/tryConnection';

/**
 * Asks for an address and, if Redis wants one, a password; tries both, and only then keeps them.
 * Takes `{ url }` to use that address, `{ edit }` to have it changed, or `{ again: true }` for the one
 * in the settings.
 */
export const connect: Command = async (app, options) => {
  const wanted = given(app, options) ?? (await askAddress(app.connections, startOf(options)));
  if (!wanted) return;
  const password = await tryUntilAccepted(app, wanted.written);
  if (password === undefined) return;
  const { written, ...queue } = wanted;
  await app.connections.useSettings(written, password, queue);
};

function given(app: App, options: unknown): Wanted | undefined {
  if (typeof options !== 'object' || options === null) return undefined;
  const text = 'url' in options ? options.url : 'again' in options && app.connections.written;
  const written = typeof text === 'string' ? readAddress(text) : undefined;
  return written && { written };
}

function startOf(options: unknown): string {
  if (typeof options !== 'object' || options === null || !('edit' in options)) return '';
  return typeof options.edit === 'string' ? options.edit : '';
}
