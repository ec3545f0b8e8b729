import { describe, expect, it } from 'vitest';
import { parseToHost, type ToHost } from '../../src/protocol';

const WINDOW = { first: 20, count: 40, isHeld: true };

describe('a message of the page', () => {
  it.each<ToHost>([
    { kind: 'ready', period: 15, view: { tab: 'failures' } },
    { kind: 'period', period: 1440 },
    { kind: 'view', view: { tab: 'workers', ...WINDOW } },
    {
      kind: 'view',
      view: {
        ...{ tab: 'tasks', state: 'failed', search: '--seed 7', ...WINDOW },
        sort: { column: 'attempts', descending: true },
      },
    },
    { kind: 'rows', action: 'cancel', rows: ['3f9a1c0d5e773f9a'] },
    { kind: 'rows', action: 'drain', rows: { all: 200 } },
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
    { kind: 'ready', period: 15 },
    { kind: 'ready', period: 15, view: { tab: 'toString' } },
    { kind: 'view', view: { tab: 'workers' } },
    { kind: 'view', view: { tab: 'workers', ...WINDOW, first: -1 } },
    { kind: 'view', view: { tab: 'workers', ...WINDOW, count: 1e6 } },
    { kind: 'view', view: { tab: 'workers', ...WINDOW, count: 1.5 } },
    { kind: 'view', view: { tab: 'workers', ...WINDOW, sort: 'name' } },
    { kind: 'view', view: { tab: 'workers', ...WINDOW, sort: { column: 'name' } } },
    { kind: 'view', view: { tab: 'tasks', search: '', ...WINDOW } },
    { kind: 'view', view: { tab: 'tasks', state: 'gone', search: '', ...WINDOW } },
    { kind: 'view', view: { tab: 'tasks', state: 'todo', search: 'x'.repeat(1_001), ...WINDOW } },
    { kind: 'rows', action: 'cancel' },
    { kind: 'rows', action: 'cancel', rows: 'some' },
    { kind: 'rows', action: 'cancel', rows: [7] },
    { kind: 'rows', action: 'clearQueue', rows: { all: 200 } },
    { kind: 'rows', action: 'cancel', rows: 'all' },
    { kind: 'rows', action: 'cancel', rows: { all: -1 } },
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
