/** Would the stories notice if a rule were gone? The same property as the real one must fail without it. */
import { expect, it } from 'vitest';
import { Queue } from '../../../../src/queue/queue';
import { useQueue } from '../harness';
import { OUR_RULES, withoutRule } from './mutants';
import { explore } from './play';
import { OUR_STEPS } from './steps';
import { World } from './world';

const test = useQueue();

/** Shrinks and prints the story that gives each mutant away. */
const TELLS = process.env.DISTCOMP_TEST_TELL !== undefined;

it.each(OUR_RULES)(
  'stories fail without $rule',
  async mutation => {
    const mutant = new Queue(withoutRule(test.redis, mutation), test.queue.name);
    const failure = await explore({
      queue: test.queue,
      world: () => new World(mutant),
      steps: OUR_STEPS,
      stories: 150,
      stepsAStory: 60,
      seed: 1,
      shrinks: TELLS,
    });
    if (TELLS) console.log(`Without ${mutation.rule}\n${failure}`);
    expect(failure).toContain('✗');
  },
  600_000,
);
