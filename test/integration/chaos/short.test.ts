/** A short run of the chaos harness: a seed, and those faults that take no longer than seconds. */
import { expect, it } from 'vitest';
import { faultsNamed } from '../../chaos/faults';
import { play } from '../../chaos/play';
import { Scene } from '../../chaos/scene';
import { schedule } from '../../chaos/schedule';

const FAULTS = [
  'kill',
  'freeze',
  'stop-at-once',
  'start-a-second-one',
  'cut',
  'reset-amid-answer',
  'late-request',
  'kill-redis',
  'cut-tail-of-file',
  'script-flush',
  'task-kills-worker',
  'cancel-and-retry',
  'clear-and-undo',
];
const FOR_MS = 14_000;

it('loses nothing, and records nothing twice', { timeout: 300_000 }, async () => {
  const faults = faultsNamed(FAULTS);
  const strikes = schedule({ seed: 1, forMs: FOR_MS, workers: 2, faults, everyMs: 1000 });
  expect(new Set(strikes.map(({ fault }) => fault)).size).toBe(FAULTS.length);
  const scene = await Scene.set({ workers: 2 });
  try {
    const played = await play(scene, strikes, faults, FOR_MS, () => undefined);
    expect(played.wrong).toEqual([]);
    expect([played.lost, played.recordedTwice]).toEqual([0, 0]);
    expect(played.finished + played.failed + played.removed).toBe(played.submitted);
  } finally {
    await scene.remove();
  }
});
