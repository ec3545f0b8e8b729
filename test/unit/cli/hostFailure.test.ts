import { describe, expect, it } from 'vitest';
import { loginCommand, withRemedy } from '../../../src/cli/hostFailure';
import { parseHost } from '../../../src/cluster/ssh/hosts';
import type { HostFailure } from '../../../src/cluster/ssh/results';

const host = (text: string) => {
  const parsed = parseHost(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
};

describe('what helps where a host wants a person', () => {
  it('is a command for the same connection, as a shell takes it', () => {
    expect(loginCommand([host('me@a:22'), host('b')], {})).toBe('distcomp login me@a:22 b');
    expect(loginCommand([host('[::1]:22')], { sshConfig: "it's" })).toBe(
      "distcomp login --ssh-config 'it'\\''s' '[::1]:22'",
    );
  });

  it('stands behind such a failure and no other', () => {
    const failure: HostFailure = { step: 'ssh', message: 'No.' };
    const other = { host: host('a'), failure };
    expect(withRemedy(other, {})).toBe(other);
    expect(withRemedy({ ...other, failure: { ...failure, login: true } }, {}).failure).toEqual({
      step: 'ssh',
      message: 'No. Log in once: distcomp login a',
      login: true,
    });
  });
});
