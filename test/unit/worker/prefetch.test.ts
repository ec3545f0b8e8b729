import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BufferState,
  type ClaimState,
  claimSize,
  gatherMs,
  giveBackBuffered,
  longestBuffered,
} from '../../../src/worker/prefetch';

/** Short tasks, a long queue: the buffer is worth having. */
const busy: ClaimState = {
  freeLanes: 0,
  lanes: 4,
  liveLanes: 8,
  todo: 1000,
  buffered: 0,
  prefetch: 4,
  latencyMs: 10,
  meanTaskMs: 20,
};

const count = fc.nat(300);
const known = (value: fc.Arbitrary<number>) => fc.option(value, { nil: undefined });

/** Any state, also one that no worker is in. */
const states: fc.Arbitrary<ClaimState> = fc.record({
  freeLanes: count,
  lanes: fc.integer({ min: 1, max: 300 }),
  liveLanes: known(fc.nat(10_000)),
  todo: known(fc.nat(1_000_000)),
  buffered: count,
  prefetch: fc.nat(16),
  latencyMs: known(fc.double({ min: 0, max: 1e5, noNaN: true })),
  meanTaskMs: known(fc.double({ min: 0, max: 1e7, noNaN: true })),
});

describe('the size of a claim', () => {
  it('is one task for each free lane while nothing is known', () => {
    const unknown = { todo: undefined, latencyMs: undefined, meanTaskMs: undefined };
    expect(claimSize({ ...busy, ...unknown, freeLanes: 4 })).toEqual({ start: 4, buffer: 0 });
  });

  it('covers with the buffer what ends during two claims', () => {
    const slow = { ...busy, lanes: 2, meanTaskMs: 50 };
    expect(claimSize({ ...slow, latencyMs: 50 })).toEqual({ start: 0, buffer: 4 });
    expect(claimSize({ ...slow, latencyMs: 75 })).toEqual({ start: 0, buffer: 6 });
  });

  it('covers what ends while reports gather besides', () => {
    expect(claimSize(busy)).toEqual({ start: 0, buffer: 4 + 4 });
    expect(claimSize({ ...busy, latencyMs: 20 })).toEqual({ start: 0, buffer: 8 + 4 });
  });

  it('fills up what the buffer lacks', () => {
    expect(claimSize({ ...busy, buffered: 7 })).toEqual({ start: 0, buffer: 1 });
    expect(claimSize({ ...busy, buffered: 8 })).toEqual({ start: 0, buffer: 0 });
  });

  it('counts buffered tasks for the lanes that they are about to take', () => {
    expect(claimSize({ ...busy, freeLanes: 3, buffered: 1 })).toEqual({ start: 2, buffer: 8 });
  });

  it('is at most the setting for each lane', () => {
    expect(claimSize({ ...busy, latencyMs: 1000, meanTaskMs: 1, prefetch: 2 }).buffer).toBe(8);
  });

  it('buffers nothing where tasks are so long that a claim hardly matters', () => {
    expect(claimSize({ ...busy, meanTaskMs: 250 }).buffer).toBe(1);
    expect(claimSize({ ...busy, meanTaskMs: 251 }).buffer).toBe(0);
  });

  it('buffers less and less as the queue runs out, and then nothing', () => {
    const buffers = [1000, 80, 48, 32, 24, 0].map(todo => claimSize({ ...busy, todo }).buffer);
    expect(buffers).toEqual([8, 7, 3, 1, 0, 0]);
  });

  it('is never negative, whole, and starts no more than there are free lanes', () => {
    fc.assert(
      fc.property(states, state => {
        const { start, buffer } = claimSize(state);
        expect([Number.isInteger(start), Number.isInteger(buffer)]).toEqual([true, true]);
        expect(start).toBeGreaterThanOrEqual(0);
        expect(start).toBeLessThanOrEqual(state.freeLanes);
        expect(buffer).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('leaves no lane free that a task could have', () => {
    fc.assert(
      fc.property(states, state => {
        expect(claimSize(state).start + state.buffered).toBeGreaterThanOrEqual(state.freeLanes);
      }),
    );
  });

  it('never buffers with prefetch off, or before all that it depends on is known', () => {
    const unknown = fc.constantFrom<Partial<ClaimState>>(
      { prefetch: 0 },
      { todo: undefined },
      { liveLanes: undefined },
      { latencyMs: undefined },
      { meanTaskMs: undefined },
    );
    fc.assert(
      fc.property(states, unknown, (state, missing) => {
        expect(claimSize({ ...state, ...missing }).buffer).toBe(0);
      }),
    );
  });

  it('never brings the buffer over its setting, nor over a quarter of this worker’s share', () => {
    fc.assert(
      fc.property(states, state => {
        const { start, buffer } = claimSize(state);
        fc.pre(buffer > 0);
        const waiting = start + buffer + state.buffered - state.freeLanes;
        const { todo = 0, liveLanes = 0, lanes } = state;
        expect(waiting).toBeLessThanOrEqual(state.prefetch * lanes);
        expect(waiting).toBeLessThanOrEqual((todo * lanes) / Math.max(liveLanes, lanes) / 4);
      }),
    );
  });

  it('never buffers while fewer than three tasks are left for each live lane', () => {
    fc.assert(
      fc.property(states, fc.double({ min: 0, max: 3, noNaN: true }), (state, perLane) => {
        const liveLanes = Math.max(state.liveLanes ?? 0, state.lanes);
        const todo = Math.floor(perLane * liveLanes);
        expect(claimSize({ ...state, liveLanes, todo }).buffer).toBe(0);
      }),
    );
  });
});

describe('gathering reports', () => {
  it('waits while more is buffered than ends during two claims', () => {
    expect(gatherMs({ ...busy, buffered: 5 })).toBe(20);
    expect(gatherMs({ ...busy, buffered: 4 })).toBe(0);
  });

  it('does not wait when a lane is free, nor without a buffer', () => {
    expect(gatherMs({ ...busy, buffered: 5, freeLanes: 1 })).toBe(0);
    const unknown = { latencyMs: undefined, meanTaskMs: undefined };
    expect(gatherMs({ ...busy, ...unknown, buffered: 0 })).toBe(0);
  });
});

describe('giving buffered tasks back', () => {
  const calm: BufferState = {
    buffered: 3,
    oldestMs: 10,
    todo: 100,
    othersIdle: false,
    latencyMs: 10,
    paused: false,
    overLimit: false,
    draining: false,
    pressure: false,
    higherPriority: false,
  };

  it('does not happen while they soon start', () => {
    expect(giveBackBuffered(calm)).toBeUndefined();
  });

  it.each<[string, Partial<BufferState>]>([
    ['paused', { paused: true }],
    ['over the limit', { overLimit: true }],
    ['draining', { draining: true }],
    ['pressure', { pressure: true }],
    ['higher priority', { higherPriority: true }],
    ['others idle', { othersIdle: true, todo: 0 }],
    ['age', { oldestMs: 160 }],
  ])('happens with the reason "%s"', (reason, change) => {
    expect(giveBackBuffered({ ...calm, ...change })).toBe(reason);
    expect(giveBackBuffered({ ...calm, ...change, buffered: 0 })).toBeUndefined();
  });

  it('does not happen for idle workers that find tasks in todo', () => {
    expect(giveBackBuffered({ ...calm, othersIdle: true, todo: 1 })).toBeUndefined();
    expect(giveBackBuffered({ ...calm, othersIdle: true, todo: undefined })).toBeUndefined();
  });

  it('waits for sixteen claims, and for 50 ms where claims are fast', () => {
    expect([undefined, 0.5, 3, 4, 100].map(longestBuffered)).toEqual([50, 50, 50, 64, 1600]);
    expect(giveBackBuffered({ ...calm, latencyMs: 1, oldestMs: 49 })).toBeUndefined();
    expect(giveBackBuffered({ ...calm, latencyMs: 1, oldestMs: 50 })).toBe('age');
  });
});
