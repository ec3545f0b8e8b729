import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  claimRoom,
  fitsPromise,
  type Held,
  type Limits,
  NO_NEED,
  NO_ROOM,
  sumOf,
} from '../../../src/worker/room';

const limits: Limits = { totalMemoryGb: 64, capacityGb: 52, cores: 8, acceptAboveGb: 8 };
const empty: Held = { running: NO_NEED, buffered: { ...NO_NEED, lowestPriority: undefined } };
const size = { start: 4, buffer: 2 };

const running = (memoryGb: number, cores: number): Held => ({
  ...empty,
  running: { memoryGb, cores },
});

describe('what a worker has room for', () => {
  it('is everything but the memory that must stay free when nothing runs', () => {
    const room = claimRoom(limits, empty, 60, size);
    expect(room.start).toEqual({ tasks: 4, memoryGb: 52, cores: 8 });
    expect(room.capacity).toEqual({ memoryGb: 52, cores: 8 });
    expect(room.unpromisedGb).toBe(64);
  });

  it('is less by what was promised to running tasks, used or not', () => {
    const room = claimRoom(limits, running(40, 2), 60, size);
    expect(room.start).toEqual({ tasks: 4, memoryGb: 24, cores: 6 });
    expect(room.unpromisedGb).toBe(24);
  });

  it('is bounded by what the host could really give now', () => {
    expect(claimRoom(limits, empty, 10, size).start.memoryGb).toBe(2);
  });

  it('is nothing while less memory is available than must stay free', () => {
    expect(claimRoom(limits, empty, 7.9, size)).toEqual(NO_ROOM);
  });

  it('is for buffered tasks what will be free when what runs has ended, less what is buffered', () => {
    const held: Held = {
      running: { memoryGb: 40, cores: 8 },
      buffered: { memoryGb: 10, cores: 3, lowestPriority: 5 },
    };
    const room = claimRoom(limits, held, 20, size);
    expect(room.freed).toEqual({ memoryGb: 52, cores: 8 });
    expect(room.buffer).toEqual({ tasks: 2, memoryGb: 42, cores: 5 });
    expect(room.bufferedPriority).toBe(5);
  });

  it('is never negative and never more than there is', () => {
    const amount = fc.double({ min: 0, max: 200, noNaN: true });
    fc.assert(
      fc.property(
        amount,
        amount,
        amount,
        amount,
        amount,
        (memoryGb, cores, queuedGb, queuedCores, availableGb) => {
          const held: Held = {
            running: { memoryGb, cores },
            buffered: { memoryGb: queuedGb, cores: queuedCores, lowestPriority: 1 },
          };
          const { start, buffer, freed, unpromisedGb } = claimRoom(limits, held, availableGb, size);
          for (const share of [start, buffer, freed]) {
            expect(share.memoryGb).toBeGreaterThanOrEqual(0);
            expect(share.memoryGb).toBeLessThanOrEqual(limits.totalMemoryGb);
            expect(share.cores).toBeGreaterThanOrEqual(0);
            expect(share.cores).toBeLessThanOrEqual(limits.cores);
          }
          expect(start.memoryGb).toBeLessThanOrEqual(unpromisedGb);
        },
      ),
    );
  });
});

describe('whether a buffered task may start without asking', () => {
  const told = { memoryGb: 30, cores: 4 };

  it('is yes for one that asks for nothing, whatever runs', () => {
    expect(fitsPromise(NO_NEED, { memoryGb: 30, cores: 4 }, NO_NEED, -5)).toBe(true);
  });

  it('is yes within what Redis was told, beside what runs', () => {
    expect(fitsPromise({ memoryGb: 10, cores: 2 }, { memoryGb: 20, cores: 2 }, told, 10)).toBe(
      true,
    );
  });

  it.each([
    ['memory', { memoryGb: 11, cores: 1 }],
    ['cores', { memoryGb: 1, cores: 3 }],
  ])('is no when the promise would grow in %s', (_, need) => {
    expect(fitsPromise(need, { memoryGb: 20, cores: 2 }, told, 50)).toBe(false);
  });

  it('is no when the host has less memory than that now', () => {
    expect(fitsPromise({ memoryGb: 10, cores: 0 }, NO_NEED, told, 9)).toBe(false);
  });
});

describe('the sum of needs', () => {
  it('is of memory and of cores', () => {
    expect(
      sumOf([
        { memoryGb: 1.5, cores: 1 },
        { memoryGb: 2, cores: 0 },
      ]),
    ).toEqual({ memoryGb: 3.5, cores: 1 });
    expect(sumOf([])).toEqual(NO_NEED);
  });
});
