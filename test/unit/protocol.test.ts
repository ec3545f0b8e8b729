import { describe, expect, it } from 'vitest';
import { parseToHost, type ToHost } from '../../src/protocol';

describe('a message of the page', () => {
  it.each<ToHost>([
    { kind: 'ready', period: 15 },
    { kind: 'period', period: 1440 },
    { kind: 'act', action: 'connect' },
    { kind: 'failure', action: 'retry', id: '3f9a1c0d5e773f9a' },
  ])('is taken as it is meant: %j', message => {
    expect(parseToHost(message)).toEqual(message);
  });

  it.each<unknown>([
    undefined,
    null,
    'ready',
    [],
    {},
    { kind: 'ready' },
    { kind: 'ready', period: '15' },
    { kind: 'ready', period: 16 },
    { kind: 'period', period: Number.POSITIVE_INFINITY },
    { kind: 'act' },
    { kind: 'act', action: 'workbench.action.quit' },
    { kind: 'act', action: 'toString' },
    { kind: 'failure', action: 'retry' },
    { kind: 'failure', action: 'toString', id: '3f9a1c0d5e773f9a' },
    { kind: 'failure', action: 'retry', id: { toString: () => 'x' } },
    { kind: '__proto__', period: 15 },
  ])('is nothing when it is none: %j', value => {
    expect(parseToHost(value)).toBeUndefined();
  });

  it('brings nothing with it that it should not have', () => {
    expect(parseToHost({ kind: 'act', action: 'connect', args: ['x'] })).toEqual({
      kind: 'act',
      action: 'connect',
    });
  });
});
