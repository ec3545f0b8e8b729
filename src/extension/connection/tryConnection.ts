/** Trying a Redis before anything of it is kept. */
import * as vscode from 'vscode';
import { describeAddress } from '../../queue/address';
import type { RedisUnreachable } from '../../queue/unreachable';
import type { App } from '../app';
import { command, fail } from '../notices';
import { type Passwords, type WrittenAddress, withPasswords, withTls } from './address';

/**
 * The passwords that were accepted, as far as any are wanted. Undefined when the user gave up, or Redis
 * cannot be used, which has been said then.
 */
export async function tryUntilAccepted(
  app: App,
  written: WrittenAddress,
): Promise<Passwords | undefined> {
  let passwords = await app.connections.passwords(written);
  for (;;) {
    const answer = await attempt(written, passwords);
    if (answer === 'accepted') return passwords;
    if (answer === 'unusable') return undefined;
    const password = await vscode.window.showInputBox({
      title: vscode.l10n.t('Connect to Redis'),
      prompt: answer.message,
      placeHolder: vscode.l10n.t('Password'),
      password: true,
      ignoreFocusOut: true,
    });
    if (password === undefined) return undefined;
    const isOfSentinels = answer.kind === 'refused_sentinel_password';
    passwords = { ...passwords, [isOfSentinels ? 'sentinelPassword' : 'password']: password };
  }
}

/** An error when a password was refused. */
async function attempt(
  written: WrittenAddress,
  passwords: Passwords,
): Promise<'accepted' | 'unusable' | RedisUnreachable> {
  const { connect } = await import('../../queue/connection');
  const unreachable = await import('../../queue/unreachable');
  const { address } = written;
  try {
    const redis = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Window,
        title: vscode.l10n.t('Connecting to {0}…', describeAddress(address)),
      },
      () => connect(withPasswords(address, passwords), 'distcomp-try'),
    );
    redis.disconnect();
    return 'accepted';
  } catch (error) {
    if (!(error instanceof unreachable.RedisUnreachable)) throw error;
    if (/^refused_/.test(error.kind)) return error;
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
      t('The server at {0} requires TLS.', describeAddress(written.address)),
      command(t('Use TLS'), 'distcomp.connect', { url: withTls(written) }),
      change,
    );
  } else {
    fail(message, change, command(t('Start Local Cluster'), 'distcomp.startLocalCluster'));
  }
}
