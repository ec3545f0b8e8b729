import { describe, expect, it } from 'vitest';
import { packingBoundMs } from '../../bench/packing/bound';

const task = (memoryGb: number, cores: number, durationMs: number) => ({
  ...{ memoryGb, cores, durationMs },
});
const host = (memoryGb: number, cores: number) => ({ memoryGb, cores });

describe('the bound of a packing', () => {
  it('is the share of what is scarcest, memory or cores', () => {
    const hosts = [host(16, 4), host(16, 4)];
    expect(packingBoundMs(Array(8).fill(task(8, 1, 100)), hosts)).toBe(200);
    expect(packingBoundMs(Array(8).fill(task(1, 4, 100)), hosts)).toBe(400);
  });

  it('is the longest task where that is longer', () => {
    expect(packingBoundMs([task(1, 1, 500), task(1, 1, 10)], [host(16, 4)])).toBe(500);
  });

  it('counts for big tasks the hosts alone that can hold them', () => {
    const hosts = [...Array(9).fill(host(16, 4)), host(64, 16)];
    expect(packingBoundMs(Array(4).fill(task(64, 1, 100)), hosts)).toBe(400);
  });

  it('is nothing for no tasks, and refuses one that fits nowhere', () => {
    expect(packingBoundMs([], [host(16, 4)])).toBe(0);
    expect(() => packingBoundMs([task(32, 1, 100)], [host(16, 4)])).toThrow(RangeError);
  });
});
