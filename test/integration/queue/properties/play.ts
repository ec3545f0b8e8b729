/**
 * The queue as a state machine: random stories are played on a real Redis, all of it is read and judged
 * after every step, and a story that fails is shrunk to its shortest form and told.
 */
import fc from 'fast-check';
import type { Queue } from '../../../../src/queue/queue';
import { Reading } from '../../../setup/invariants';
import { type Step, type Steps, story } from './steps';
import type { World } from './world';

/** Times the default number of stories: more of it for a soak. */
export const EFFORT = Number(process.env.DISTCOMP_TEST_EFFORT ?? 1);

/** Another seed than the fixed one, and where a failure was found under it. */
const { DISTCOMP_TEST_SEED: SEED, DISTCOMP_TEST_PATH: PATH } = process.env;

export interface Exploration<W extends World> {
  /** Reads the queue; the world may act through a connection of its own. */
  readonly queue: Queue;
  readonly world: () => W;
  readonly steps: Steps<W>;
  readonly stories: number;
  readonly stepsAStory: number;
  readonly seed: number;
  /** Default true. */
  readonly shrinks?: boolean;
  /** Called with each world that was played to its end. */
  readonly ended?: (world: W) => void;
}

/** @returns the shortest story found that fails, as told; undefined if none does. */
export async function explore<W extends World>(plan: Exploration<W>): Promise<string | undefined> {
  const { steps, stories, stepsAStory, shrinks = true } = plan;
  const seed = Number(SEED ?? plan.seed);
  const found = await fc.check(
    fc.asyncProperty(story(steps, stepsAStory), played => play(plan, played)),
    {
      seed,
      numRuns: Math.ceil(stories * EFFORT),
      endOnFailure: !shrinks,
      // Long stories as often as short ones.
      unbiased: true,
      ...(PATH === undefined ? {} : { path: PATH }),
    },
  );
  if (!found.failed) return undefined;
  const told = found.errorInstance instanceof Error ? found.errorInstance.message : 'interrupted';
  const again = `DISTCOMP_TEST_SEED=${found.seed} DISTCOMP_TEST_PATH=${found.counterexamplePath}`;
  return `${told}\nFound in story ${found.numRuns}, shrunk ${found.numShrinks} times. Again: ${again}`;
}

class StoryFails extends Error {}

class Play<W extends World> {
  readonly #told: string[] = [];
  #before: Reading | undefined;

  constructor(
    private readonly queue: Queue,
    private readonly world: W,
  ) {}

  /** @throws when something is wrong after it, with the whole story. */
  async step(step: Step<W>): Promise<void> {
    this.#before ??= await Reading.of(this.queue);
    this.world.licence = {};
    this.world.checkpoint = told => this.#check(told);
    const told = await step(this.world).catch(error => {
      throw error instanceof StoryFails ? error : this.#failure([String(error?.stack ?? error)]);
    });
    if (told !== undefined) await this.#check(told);
  }

  /** What hangs arrives at last; everyone dies; the rest is drained. */
  async end(): Promise<void> {
    for (let late = this.world.crew.lateCalls; late > 0; late--) {
      await this.step(world => world.crew.arrive(late - 1));
    }
    await this.step(world => world.endPeers());
    await this.step(world => world.loseAll());
    await this.step(world => world.drainAll());
    const wrong = this.world.judgeEnd(await Reading.of(this.queue));
    if (wrong.length > 0) throw this.#failure(wrong);
  }

  async #check(told: string): Promise<void> {
    this.#told.push(told);
    const after = await Reading.of(this.queue);
    const wrong = this.world.judge(this.#before ?? after, after);
    if (wrong.length > 0) throw this.#failure(wrong);
    this.#before = after;
  }

  #failure(wrong: readonly string[]): StoryFails {
    const story = this.#told.map((told, i) => `  ${i + 1}. ${told}`);
    return new StoryFails([...story, ...wrong.map(what => `  ✗ ${what}`)].join('\n'));
  }
}

async function play<W extends World>(
  plan: Exploration<W>,
  steps: readonly Step<W>[],
): Promise<void> {
  await plan.queue.redis.flushall();
  const world = plan.world();
  const played = new Play(plan.queue, world);
  for (const step of steps) await played.step(step);
  await played.end();
  plan.ended?.(world);
}
