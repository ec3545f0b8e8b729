import { describe, expect, it, vi } from 'vitest';
import { callAfter } from '../../../src/worker/lanes/deadline';

describe('a deadline', () => {
  it('may lie further away than a timer reaches', () => {
    vi.useFakeTimers();
    try {
      const days = 24 * 60 * 60 * 1000;
      const act = vi.fn();
      const never = vi.fn();
      callAfter(60 * days, act);
      callAfter(60 * days, never)();
      vi.advanceTimersByTime(60 * days - 1);
      expect(act).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(act).toHaveBeenCalledTimes(1);
      vi.advanceTimersByTime(days);
      expect(act).toHaveBeenCalledTimes(1);
      expect(never).not.toHaveBeenCalled();
    } finally {
      vi.useRealTimers();
    }
  });
});
