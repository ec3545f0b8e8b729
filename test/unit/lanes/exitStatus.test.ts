import { describe, expect, it } from 'vitest';
import { shellMessageLength, statusOutcome } from '../../../src/worker/lanes/exitStatus';

describe('a status', () => {
  it('over 128 reads as a signal, under its usual name', () => {
    expect(statusOutcome(0)).toEqual({ exit: 0 });
    expect(statusOutcome(128)).toEqual({ exit: 128 });
    expect(statusOutcome(134)).toEqual({ signal: 'SIGABRT' });
    expect(statusOutcome(137)).toEqual({ signal: 'SIGKILL' });
    expect(statusOutcome(255)).toEqual({ exit: 255 });
  });

  it('of a signal comes with a message that is only looked for at the end, and only for it', () => {
    expect(shellMessageLength('oopsKilled\n', 'SIGKILL')).toBe('Killed\n'.length);
    const dumped = 'Segmentation fault (core dumped)\n';
    expect(shellMessageLength(dumped, 'SIGSEGV')).toBe(dumped.length);
    expect(shellMessageLength('Killed\n', 'SIGTERM')).toBe(0);
    expect(shellMessageLength('Killed\nmore', 'SIGKILL')).toBe(0);
    expect(shellMessageLength('', 'SIGINT')).toBe(0);
  });
});
