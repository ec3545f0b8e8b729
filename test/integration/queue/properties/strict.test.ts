/** Every invariant, always, while no original is on the queue. */
import { it } from 'vitest';
import { useQueue } from '../harness';
import { EFFORT, explore } from './play';
import { OUR_STEPS } from './steps';
import { World } from './world';

const test = useQueue();

it(
  'keeps every invariant after every step, and ends every task once',
  async () => {
    const failure = await explore({
      queue: test.queue,
      world: () => new World(test.queue),
      steps: OUR_STEPS,
      stories: 250,
      stepsAStory: 80,
      seed: 1,
    });
    if (failure) throw new Error(failure);
  },
  EFFORT * 600_000,
);
