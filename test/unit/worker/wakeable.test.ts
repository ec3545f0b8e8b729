import { describe, expect, it } from 'vitest';
import { Wakeable } from '../../../src/worker/wakeable';

const HOUR_MS = 3_600_000;

describe('a wait that can be ended', () => {
  it('ends when it is woken', async () => {
    const wakeable = new Wakeable();
    const waited = wakeable.wait(HOUR_MS);
    wakeable.wake();
    await waited;
  });

  it('does not begin when it was woken before', async () => {
    const wakeable = new Wakeable();
    wakeable.wake();
    await wakeable.wait(HOUR_MS);
  });

  it('uses a wake-up once', async () => {
    const wakeable = new Wakeable();
    wakeable.wake();
    await wakeable.wait(HOUR_MS);
    let ended = false;
    const second = wakeable.wait(HOUR_MS).then(() => {
      ended = true;
    });
    await new Promise(setImmediate);
    expect(ended).toBe(false);
    wakeable.wake();
    await second;
  });
});
