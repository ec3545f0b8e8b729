import { describe, expect, it } from 'vitest';
import { ancestors, memory, parseCgroup, parseMeminfo, parseStat } from '../../../src/host/memory';

describe('memory of this machine', () => {
  it('reads a field of /proc/meminfo in bytes', () => {
    const text = 'MemTotal:       24682376 kB\nMemAvailable:   23907524 kB\n';
    expect(parseMeminfo(text, 'MemAvailable')).toBe(23907524 * 1024);
    expect(parseMeminfo(text, 'SwapFree')).toBeUndefined();
  });

  it('finds the cgroup that limits memory, of version 1 or 2', () => {
    expect(parseCgroup('0::/user.slice/a.scope\n')).toEqual({
      version: 2,
      path: '/user.slice/a.scope',
    });
    expect(parseCgroup('5:cpu,cpuacct:/\n4:memory:/docker/ab\n0::/\n')).toEqual({
      version: 1,
      path: '/docker/ab',
    });
    expect(parseCgroup('')).toBeUndefined();
  });

  it('looks at every cgroup above, since each may limit', () => {
    expect(ancestors('/a/b')).toEqual(['/a/b', '/a', '']);
    expect(ancestors('/')).toEqual(['']);
  });

  it('reads a field of a cgroup’s statistics by its whole name', () => {
    const text = 'inactive_file 1\ntotal_inactive_file 4096\n';
    expect(parseStat(text, 'inactive_file')).toBe(1);
    expect(parseStat(text, 'total_inactive_file')).toBe(4096);
    expect(parseStat(text, 'file')).toBe(0);
  });

  it('says what this machine has', async () => {
    const { totalGb, availableGb } = memory();
    expect(totalGb).toBeGreaterThan(0.1);
    expect(availableGb).toBeGreaterThan(0);
    expect(availableGb).toBeLessThanOrEqual(totalGb);
  });
});
