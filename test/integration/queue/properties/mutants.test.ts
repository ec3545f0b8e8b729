/** Would the stories notice if a rule were gone? The same properties as the real ones must fail without it. */
import { expect, it, vi } from 'vitest';
import { Queue } from '../../../../src/queue/queue';
import { useQueue } from '../harness';
import { WorldBesideOriginals } from './besideOriginals';
import { type Mutation, OUR_RULES, RULES_BESIDE_ORIGINALS, withoutRule } from './mutants';
import { explore } from './play';
import { OUR_STEPS, STEPS_BESIDE_ORIGINALS } from './steps';
import { World } from './world';

vi.mock('node:timers/promises', async () => (await import('./seconds')).timers);

const test = useQueue();

/** Shrinks and prints the story that gives each mutant away. */
const TELLS = process.env.DISTCOMP_TEST_TELL !== undefined;

const EXPLORATION = { stories: 300, seed: 1, shrinks: TELLS };

function mutantOf(mutation: Mutation): Queue {
  return new Queue(withoutRule(test.redis, mutation), test.queue.name);
}

function expectFailure(failure: string | undefined, { rule }: Mutation): void {
  if (TELLS) console.log(`Without ${rule}:\n${failure}`);
  expect(failure).toContain('✗');
}

it.each(OUR_RULES)(
  'stories fail without $rule',
  async mutation => {
    const queue = mutantOf(mutation);
    const world = () => new World(queue);
    const plan = { queue: test.queue, world, steps: OUR_STEPS, stepsAStory: 80 };
    expectFailure(await explore({ ...EXPLORATION, ...plan }), mutation);
  },
  600_000,
);

it.each(RULES_BESIDE_ORIGINALS)(
  'stories beside originals fail without $rule',
  async mutation => {
    const queue = mutantOf(mutation);
    const world = () => new WorldBesideOriginals(queue);
    const plan = { queue: test.queue, world, steps: STEPS_BESIDE_ORIGINALS, stepsAStory: 100 };
    expectFailure(await explore({ ...EXPLORATION, ...plan }), mutation);
  },
  600_000,
);
