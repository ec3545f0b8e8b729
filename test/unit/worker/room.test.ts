import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_ROOM, roomLeft } from '../../../src/worker/room';

const limits = { lanes: 4, totalMemoryGb: 64, cores: 8, acceptAboveGb: 8 };

describe('what a worker may claim', () => {
  it('is everything but the memory that must stay free when nothing runs', () => {
    expect(roomLeft(limits, [], 60)).toEqual({ lanes: 4, memoryGb: 52, cores: 8 });
  });

  it('is less by what was promised to running tasks, used or not', () => {
    const running = [
      { memoryGb: 40, cores: 2 },
      { memoryGb: 0, cores: 0 },
    ];
    expect(roomLeft(limits, running, 60)).toEqual({ lanes: 2, memoryGb: 24, cores: 6 });
  });

  it('is bounded by what the host could really give now', () => {
    expect(roomLeft(limits, [], 10).memoryGb).toBe(2);
  });

  it('is nothing while less memory is available than must stay free', () => {
    expect(roomLeft(limits, [], 7.9)).toEqual(NO_ROOM);
  });

  it('is nothing when every lane runs', () => {
    const running = Array.from({ length: 4 }, () => ({ memoryGb: 0, cores: 0 }));
    expect(roomLeft(limits, running, 60)).toEqual(NO_ROOM);
  });

  it('never promises more than there is, whatever runs', () => {
    const need = fc.record({ memoryGb: fc.nat(100), cores: fc.nat(20) });
    fc.assert(
      fc.property(
        fc.array(need, { maxLength: 6 }),
        fc.double({ min: 0, max: 64, noNaN: true }),
        (running, available) => {
          const room = roomLeft(limits, running, available);
          const promised = running.reduce((sum, { memoryGb }) => sum + memoryGb, 0);
          expect(room.lanes).toBeGreaterThanOrEqual(0);
          expect(room.memoryGb).toBeLessThanOrEqual(Math.max(0, 64 - promised));
          expect(room.memoryGb).toBeLessThanOrEqual(Math.max(0, available - 8));
          expect(room.cores).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});
