import { describe, expect, it } from 'vitest';
import type { HostFailure, LaunchedWorker } from '../../../../src/cluster/ssh/results';
import {
  afterLaunch,
  afterLook,
  afterStop,
  type HostStanding,
  tunnelStanding,
} from '../../../../src/extension/hosts/hostStanding';

const host = { name: 'node1', address: 'node1' };
const failure: HostFailure = { step: 'ssh', message: 'It does not answer.' };
const launched = (slot: number, more: Partial<LaunchedWorker> = {}): LaunchedWorker => ({
  slot,
  state: 'started',
  worker: `node1~${slot}`,
  ...more,
});
const known = (slot: number, isThisVersion = true) => ({
  slot,
  name: `node1~${slot}`,
  isThisVersion,
});

describe('what is known of a host', () => {
  it('after a look is what runs there, whatever was known before', () => {
    const workers = [
      { slot: 1, pid: 7, isThisVersion: true, worker: 'node1~1' },
      { slot: 3, pid: 9, isThisVersion: false },
    ];
    expect(afterLook({ host, workers })).toEqual({
      workers: [known(1), { slot: 3, name: undefined, isThisVersion: false }],
    });
  });

  it('after a look that failed is nothing but why', () => {
    expect(afterLook({ host, workers: [], failure })).toEqual({ failure });
  });

  it('after a launch is what it told, beside workers that it did not ask for', () => {
    const before: HostStanding = { workers: [known(2), known(1, false)] };
    const workers = [launched(1), launched(3, { state: 'already_running', version: 'other' })];
    expect(afterLaunch(before, { workers })).toEqual({
      workers: [known(1), known(2), known(3, false)],
      failure: undefined,
    });
  });

  it('after a launch that failed is not that no worker is there', () => {
    expect(afterLaunch({}, { workers: [], failure })).toEqual({ workers: undefined, failure });
    expect(afterLaunch({ workers: [known(2)] }, { workers: [], failure })).toEqual({
      workers: [known(2)],
      failure,
    });
  });

  it('after a stop is that none is left, or those that did not end', () => {
    const before: HostStanding = { workers: [known(1), known(2)] };
    expect(afterStop(before, { endings: [{ slot: 1, ending: 'drained' }] })).toEqual({
      workers: [],
    });
    const endings = [{ slot: 1, ending: 'killed' as const }];
    expect(afterStop(before, { endings, failure })).toEqual({ workers: [known(2)], failure });
  });
});

describe('the tunnel of a host', () => {
  it.each([
    [undefined, undefined],
    [{ is: 'closed' }, undefined],
    [{ is: 'connecting', ends: 0 }, undefined],
    [{ is: 'up', ends: 0, since: 5 }, { is: 'up' }],
    [
      { is: 'down', ends: 1, since: 5, why: 'the connection ended', nextTry: 9 },
      { is: 'lost', since: 5 },
    ],
    [
      { is: 'down', ends: 1, since: 5, why: 'refused', login: true, nextTry: 9 },
      { is: 'lost', since: 5, login: true },
    ],
    // It is tried again.
    [
      { is: 'connecting', ends: 1, since: 5 },
      { is: 'lost', since: 5 },
    ],
  ] as const)('that is %j stands there as %j', (state, standing) => {
    expect(tunnelStanding(state)).toEqual(standing);
  });
});
