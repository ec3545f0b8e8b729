import { describe, expect, it } from 'vitest';
import { markerOf } from '../../../src/worker/lanes/marker';
import { parseStat } from '../../../src/worker/lanes/processTableLinux';
import { parsePsLine } from '../../../src/worker/lanes/processTablePs';

/** Field n of /proc/<pid>/stat is n, apart from the first three. */
const stat = (name: string, state: string) =>
  `7 (${name}) ${state} ${Array.from({ length: 49 }, (_, i) => i + 4).join(' ')}\n`;

describe('/proc/<pid>/stat', () => {
  it('is read whatever the program’s name', () => {
    const expected = {
      pid: 7,
      parent: 4,
      session: 6,
      startedAt: 22,
      stopped: false,
      memoryMb: (24 * 4096) / 2 ** 20,
      cpuSeconds: (14 + 15 + 16 + 17) / 100,
    };
    expect(parseStat(7, stat('sh', 'S'), 4096)).toEqual(expected);
    expect(parseStat(7, stat('a) Z 1 (b\n', 'S'), 4096)).toEqual(expected);
  });

  it('tells stopped processes, and leaves out ended ones', () => {
    expect(parseStat(7, stat('sh', 'T'), 4096)?.stopped).toBe(true);
    expect(parseStat(7, stat('sh', 'Z'), 4096)).toBeUndefined();
    expect(parseStat(7, '', 4096)).toBeUndefined();
  });
});

describe('a line of ps', () => {
  it('is read as macOS prints it', () => {
    expect(parsePsLine('  501   1 400 T+     2048 1-02:03:04.50 Tue Nov 24 03:39:12 2026')).toEqual(
      {
        pid: 501,
        parent: 1,
        session: 400,
        startedAt: Date.parse('Tue Nov 24 03:39:12 2026') / 1000,
        stopped: true,
        memoryMb: 2,
        cpuSeconds: 86_400 + 7200 + 180 + 4.5,
      },
    );
    expect(parsePsLine('  501   1 400 Z     0 0:00.00 Tue Nov 24 03:39:12 2026')).toBeUndefined();
    expect(parsePsLine('')).toBeUndefined();
  });
});

describe('the mark in an environment', () => {
  it('is found among other variables, with values that hold equals signs', () => {
    const entries = ['A=1', 'DISTCOMP_INSTANCE=i', 'DISTCOMP_TASK_ID=t', 'DISTCOMP_WORKER=w=x'];
    expect(markerOf(entries)).toEqual({ instance: 'i', taskId: 't', worker: 'w=x', attempt: '' });
    expect(markerOf(['DISTCOMP_TASK_ID=t'])).toBeUndefined();
  });
});
