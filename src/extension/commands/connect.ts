import * as vscode from 'vscode';
import { DEFAULT_QUEUE } from '../../queue/keys';
import type { App, Command } from '../app';
import { readAddress } from '../connection/address';
import { askAddress, type Wanted } from '../connection/askAddress';
import { askQueueName } from '../connection/askQueueName';
import { tryUntilAccepted } from '../connection/tryConnection';

/**
 * Asks for an address and, if Redis wants one, a password; tries both, and only then keeps them.
 * Takes `{ url }` to use that address, `{ edit }` to have it changed, or `{ again: true }` for the one
 * in the settings.
 */
export const connect: Command = async (app, options) => {
  const wanted = given(app, options) ?? (await askAddress(app.connections, startOf(options)));
  if (!wanted) return;
  const passwords = await tryUntilAccepted(app, wanted.written);
  if (passwords === undefined) return;
  const { written } = wanted;
  const queue = written.address.cluster ? await queueOnCluster(wanted) : wanted.queue;
  if (written.address.cluster && queue === undefined) return;
  await app.connections.useSettings(written, passwords, queue === undefined ? {} : { queue });
};

/** A queue that runs there: the default one does not. Undefined when the user gave up. */
function queueOnCluster({ queue }: Wanted): Promise<string | undefined> {
  const configured = vscode.workspace.getConfiguration('distcomp').get<string>('queue');
  const meant = queue ?? configured ?? DEFAULT_QUEUE;
  return meant === DEFAULT_QUEUE ? askQueueName() : Promise.resolve(meant);
}

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
