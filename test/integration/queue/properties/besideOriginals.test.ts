/** Beside originals every invariant holds, but for what originals do wrong by themselves. */
import { expect, it, vi } from 'vitest';
import { useQueue } from '../harness';
import { RESIDUALS, type Residual, WorldBesideOriginals } from './besideOriginals';
import { EFFORT, explore } from './play';
import { STEPS_BESIDE_ORIGINALS } from './steps';

vi.mock('node:timers/promises', async () => (await import('./seconds')).timers);

const test = useQueue();

it(
  'keeps every invariant that originals let stand, and ends every task that they do not lose',
  async () => {
    const found = new Map<Residual, number>();
    let stories = 0;
    const failure = await explore({
      queue: test.queue,
      world: () => new WorldBesideOriginals(test.queue),
      steps: STEPS_BESIDE_ORIGINALS,
      stories: 250,
      stepsAStory: 100,
      seed: 2,
      ended: ({ residuals }) => {
        stories += 1;
        for (const [residual, by] of residuals)
          found.set(residual, (found.get(residual) ?? 0) + by);
      },
    });
    if (failure) throw new Error(failure);
    const counted = [...found].map(([residual, by]) => `  ${by} × ${RESIDUALS[residual]}`);
    console.log([`In ${stories} stories beside originals:`, ...counted].join('\n'));
    // They are met, or the stories would show nothing.
    expect([...found.keys()].sort()).toEqual(expect.arrayContaining(['doubled', 'lost']));
  },
  EFFORT * 600_000,
);
