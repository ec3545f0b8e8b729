import { cpus } from 'node:os';
import { describe, expect, it } from 'vitest';
import { CoreMeter, cores, parseStat } from '../../../src/host/cores';

const STAT = `cpu  100 20 30 400 50 6 7 8 90 10
cpu0 50 10 15 200 25 3 3 4 45 5
cpu1 50 10 15 200 25 3 4 4 45 5
intr 12345 cpu9
ctxt 1
`;

describe('what the kernel says of cores', () => {
  it('counts them, and the time of guests once', () => {
    expect(parseStat(STAT)).toEqual({ cores: 2, idle: 450, total: 621 });
  });

  it('is nothing where the file is something else', () => {
    expect(parseStat('')).toBeUndefined();
    expect(parseStat('cpufreq 1\n')).toBeUndefined();
  });
});

describe('the cores of this machine', () => {
  it('are as many as Node counts', () => {
    expect(cores()).toBe(cpus().length);
  });

  it('are in use between none and all', () => {
    const meter = new CoreMeter();
    expect(meter.read()).toBe(0);
    const until = performance.now() + 50;
    while (performance.now() < until);
    const used = meter.read();
    expect(used).toBeGreaterThan(0);
    expect(used).toBeLessThanOrEqual(cores());
  });
});
