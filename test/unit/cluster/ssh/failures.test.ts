import { describe, expect, it } from 'vitest';
import {
  type FailureFacts,
  failureOf,
  type SshFailure,
  wantsLogin,
} from '../../../../src/cluster/ssh/failures';

const HOST = { name: 'a', address: 'a' };
const DENIED = 'root@a: Permission denied (publickey,keyboard-interactive).\r\n';

describe('what ssh says when it fails', () => {
  it.each<[string, FailureFacts, SshFailure['kind'], boolean]>([
    [DENIED, {}, 'refused_login', true],
    ['Received disconnect from a: Too many authentication failures', {}, 'refused_login', true],
    ['Host key verification failed.', {}, 'unknown_key', true],
    ['@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @', {}, 'changed_key', false],
    // A session says nothing when the connection that it shares ends.
    ['', { isShared: true }, 'lost_login', true],
    ['', {}, 'other', false],
    [
      `mux_client_request_session: session request failed: Session open refused by peer\n${DENIED}`,
      { isShared: true },
      'no_session',
      false,
    ],
    // A shared connection that is gone by then says nothing of the host.
    ['Control socket connect(/x): Connection refused\nssh: timed out', {}, 'no_answer', false],
    ['Control socket connect(/x): Connection refused\r\n', { isShared: true }, 'lost_login', true],
  ])('%j, %j: %s', (stderr, facts, kind, login) => {
    const failure = failureOf(HOST, stderr, facts);
    expect([failure.kind, wantsLogin(failure)]).toEqual([kind, login]);
  });

  it('has the methods that a host accepts, and the key that it showed', () => {
    expect(failureOf(HOST, DENIED).message).toBe(
      'The host refused the login: it accepts publickey, keyboard-interactive, and nobody can be asked in the background. Log in yourself, or have a key there that needs no answer.',
    );
    const unknown = failureOf(HOST, 'Host key verification failed.', {
      fingerprint: 'ssh-ed25519 SHA256:x',
    });
    expect(unknown.message).toBe(
      'The key of this host is not known here (ssh-ed25519 SHA256:x). Compare it, then accept it.',
    );
  });

  it.each([
    ['No ED25519 host key is known for door and you have requested strict checking.', 'not known'],
    ['@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @', 'another one than before'],
  ])('tells the key of a jump host from that of the host: %s', (said, words) => {
    expect(failureOf(HOST, said).message).toContain(`The key of this host is ${words}`);
    const behind = `${said}\r\nConnection closed by UNKNOWN port 65535\r\n`;
    expect(failureOf(HOST, behind).message).toContain(
      `The key of the host on the way to it is ${words}`,
    );
  });
});
