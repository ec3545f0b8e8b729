/** When a worker looks at the memory of its host by itself. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../../../src/config/schema';
import { MemoryWatch } from '../../../src/worker/memoryWatch';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const { config } = loadConfig({}, { memoryGb: 1000, cores: 64 });

function watching() {
  const runner = { running: 0, looks: 0, isRelieving: false, relieve: () => undefined };
  const runningTasks = () => {
    runner.looks++;
    return [];
  };
  const watch = new MemoryWatch(
    { current: config },
    Object.assign(runner, { runningTasks }),
    () => undefined,
  );
  return { runner, watch };
}

describe('a worker that runs nothing', () => {
  it('is not woken for the memory of its host', () => {
    const { watch } = watching();
    watch.watch();
    expect(watch.latest.totalGb).toBeGreaterThan(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a worker that runs something', () => {
  it('looks until nothing runs any more, and again when something does', () => {
    const { runner, watch } = watching();
    runner.running = 1;
    watch.watch();
    watch.watch();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(2_000);
    const { looks } = runner;
    expect(looks).toBeGreaterThan(1);
    runner.running = 0;
    vi.advanceTimersByTime(2_000);
    expect(runner.looks).toBe(looks);
    expect(vi.getTimerCount()).toBe(0);
    runner.running = 1;
    watch.watch();
    expect(vi.getTimerCount()).toBe(1);
  });

  it('looks no more once it has ended', () => {
    const { runner, watch } = watching();
    runner.running = 1;
    watch.watch();
    watch.stop();
    watch.watch();
    expect(vi.getTimerCount()).toBe(0);
  });
});
