import { describe, expect, it } from 'vitest';
import {
  afterEvent,
  FIRST,
  type TunnelEvent,
  type TunnelState,
} from '../../../../src/cluster/ssh/tunnelState';

const UP: TunnelEvent = { is: 'up' };
const TRYING: TunnelEvent = { is: 'trying' };
const ended = (why = 'it ended'): TunnelEvent => ({ is: 'ended', why });
const played = (events: readonly (readonly [number, TunnelEvent])[], random = 1) =>
  events.reduce<TunnelState>((state, [at, event]) => afterEvent(state, event, at, random), FIRST);

describe('the states of a tunnel', () => {
  it('goes from up to down, and is tried again after half a second at most', () => {
    const lost = played([
      [10, UP],
      [1000, ended('gone')],
    ]);
    expect(lost).toEqual({ is: 'down', ends: 1, since: 1000, why: 'gone', nextTry: 1500 });
    expect(afterEvent(lost, TRYING, 1500, 0)).toEqual({ is: 'connecting', ends: 1, since: 1000 });
  });

  it('waits longer with each try in vain, up to half a minute, and knows since when', () => {
    let state = played([[0, UP]]);
    const waits: number[] = [];
    for (let now = 100; waits.length < 9; ) {
      state = afterEvent(state, ended(), now, 1);
      if (state.is !== 'down') throw new Error(`it is ${state.is}`);
      expect(state.since).toBe(100);
      waits.push(state.nextTry - now);
      now = state.nextTry;
      state = afterEvent(state, TRYING, now, 1);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('knows whether its last try failed for want of a login', () => {
    const wanting = played([
      [0, UP],
      [100, ended()],
      [600, TRYING],
      [700, { is: 'ended', why: 'refused', login: true }],
    ]);
    expect(wanting).toMatchObject({ is: 'down', since: 100, why: 'refused', login: true });
    const away = afterEvent(afterEvent(wanting, TRYING, 1700, 1), ended('away'), 1800, 1);
    expect(away).not.toHaveProperty('login');
  });

  it('spreads the tries over half of the wait', () => {
    const least = played(
      [
        [0, UP],
        [100, ended()],
      ],
      0,
    );
    expect(least).toMatchObject({ nextTry: 350 });
  });

  it('begins with short waits again once it has stood for a minute', () => {
    const short = played([
      [0, ended()],
      [500, UP],
      [60_499, ended()],
    ]);
    expect(short).toMatchObject({ ends: 2, since: 60_499 });
    const long = played([
      [0, ended()],
      [500, UP],
      [60_500, ended()],
    ]);
    expect(long).toMatchObject({ ends: 1 });
  });

  it('stays closed', () => {
    const closed = played([
      [0, UP],
      [1, { is: 'closed' }],
    ]);
    for (const event of [UP, TRYING, ended()]) {
      expect(afterEvent(closed, event, 2, 1)).toEqual({ is: 'closed' });
    }
  });
});
