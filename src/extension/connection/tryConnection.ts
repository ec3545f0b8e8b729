/** Trying a Redis before anything of it is kept. */
import * as vscode from 'vscode';
import { describeAddress } from '../../queue/address';
import type { App } from '../app';
import { command, fail } from '../notices';
import { type WrittenAddress, withTls } from './address';

/**
 * The password that Redis accepted, empty when it wants none. Undefined when the user gave up, or Redis
 * cannot be used, which has been said then.
 */
export async function tryUntilAccepted(
  app: App,
  written: WrittenAddress,
): Promise<string | undefined> {
  let password = await app.connections.password(written);
  for (;;) {
    const answer = await attempt(written, password);
    if (answer === 'accepted') return password ?? '';
    if (answer === 'unusable') return undefined;
    password = await vscode.window.showInputBox({
      title: vscode.l10n.t('Connect to Redis'),
      prompt: answer.message,
      placeHolder: vscode.l10n.t('Password'),
      password: true,
      ignoreFocusOut: true,
    });
    if (password === undefined) return undefined;
  }
}

/** An error when Redis refused the password. */
async function attempt(
  written: WrittenAddress,
  password: string | undefined,
): Promise<'accepted' | 'unusable' | Error> {
  const { connect } = await import('../../queue/connection');
  const { RedisUnreachable } = await import('../../queue/unreachable');
  const { address } = written;
  try {
    const redis = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Window,
        title: vscode.l10n.t('Connecting to {0}…', describeAddress(address)),
      },
      () => connect({ ...address, ...(password ? { password } : {}) }, 'distcomp-try'),
    );
    redis.disconnect();
    return 'accepted';
  } catch (error) {
    if (!(error instanceof RedisUnreachable)) throw error;
    if (error.kind === 'refused_password') return error;
    await sayUnusable(written, error);
    return 'unusable';
  }
}

/** What was written can be changed; it is not written anew. */
async function sayUnusable(written: WrittenAddress, { message }: Error): Promise<void> {
  const { t } = vscode.l10n;
  const { speaksTls } = await import('../../queue/connection');
  const change = command(t('Connect…'), 'distcomp.connect', { edit: written.text });
  if (await speaksTls(written.address)) {
    fail(
      t('What answers at {0} wants TLS.', describeAddress(written.address)),
      command(t('Use TLS'), 'distcomp.connect', { url: withTls(written) }),
      change,
    );
  } else {
    fail(message, change, command(t('Start Local Cluster'), 'distcomp.startLocalCluster'));
  }
}
