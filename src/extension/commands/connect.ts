import * as vscode from 'vscode';
import { readAddress, type WrittenAddress } from '../address';
import type { App, Command } from '../app';

/**
 * Asks for an address and, if Redis wants one, a password; tries both, and only then keeps them.
 * Takes `{ url }` to use that address, or `{ again: true }` for the one in the settings.
 */
export const connect: Command = async (app, options) => {
  const written = given(app, options) ?? (await askAddress(app.connections.written));
  if (!written) return;
  const password = await tryUntilAccepted(app, written);
  if (password === undefined) return;
  await app.connections.useSettings(written, password);
};

function given(app: App, options: unknown): WrittenAddress | undefined {
  if (typeof options !== 'object' || options === null) return undefined;
  if ('url' in options && typeof options.url === 'string') return readAddress(options.url);
  return 'again' in options ? readAddress(app.connections.written) : undefined;
}

async function askAddress(current: string): Promise<WrittenAddress | undefined> {
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Connect to Redis'),
    prompt: vscode.l10n.t(
      'Address: node0:6400, redis://user@node0:6400/0, rediss:// for TLS, or a socket’s path',
    ),
    placeHolder: 'node0:6400',
    value: current,
    ignoreFocusOut: true,
    validateInput: value =>
      value.trim() === '' || readAddress(value)
        ? undefined
        : vscode.l10n.t(
            'Write HOST:PORT, redis://HOST:PORT, rediss://HOST:PORT or /path/of/redis.sock',
          ),
  });
  return text ? readAddress(text) : undefined;
}

/** The password that Redis accepted, empty when it wants none; undefined when the user gave up. */
async function tryUntilAccepted(app: App, written: WrittenAddress): Promise<string | undefined> {
  let password = await app.connections.password(written);
  for (;;) {
    const refusal = await attempt(written, password);
    if (!refusal) return password ?? '';
    password = await vscode.window.showInputBox({
      title: vscode.l10n.t('Connect to Redis'),
      prompt: refusal.message,
      placeHolder: vscode.l10n.t('Password'),
      password: true,
      ignoreFocusOut: true,
    });
    if (password === undefined) return undefined;
  }
}

/** Undefined when Redis let us in, the error when it did not. Throws when there is no such Redis. */
async function attempt(
  { address }: WrittenAddress,
  password: string | undefined,
): Promise<Error | undefined> {
  const { connect, RedisUnreachable } = await import('../../queue/connection');
  try {
    const redis = await connect({ ...address, ...(password ? { password } : {}) }, 'distcomp-try');
    redis.disconnect();
    return undefined;
  } catch (error) {
    if (error instanceof RedisUnreachable && error.kind === 'refused_password') return error;
    throw error;
  }
}
